"""The operations of the client tests through python3-etcd3. Usage: python-etcd3-operations.py HOST:PORT"""

import sys
import threading
import time

import etcd3
import grpc
from etcd3 import etcdrpc

host, port = sys.argv[1].rsplit(":", 1)
client = etcd3.client(host=host, port=int(port), timeout=10)
prefix = "python/%s/" % port
checked = 0


def check(what, condition):
    global checked
    checked += 1
    if not condition:
        sys.exit("failed: %s" % what)


def values(pairs):
    return [value for value, _ in pairs]


def keys(pairs):
    return [metadata.key.decode()[len(prefix):] for _, metadata in pairs]


# put, get, delete
client.put(prefix + "greeting", "hello")
value, metadata = client.get(prefix + "greeting")
check("get what was put", value == b"hello" and metadata.version == 1)
check("a read of one member's own state", client.get(prefix + "greeting", serializable=True)[0] in (b"hello", None))
check("delete", client.delete(prefix + "greeting") is True)
check("get what was deleted", client.get(prefix + "greeting") == (None, None))
check("delete what is absent", client.delete(prefix + "greeting") is False)

# bytes
client.put(prefix + "bytes", bytes(range(256)))
check("any bytes", client.get(prefix + "bytes")[0] == bytes(range(256)))

# ranges and orders
for key, text in (("b", "1"), ("a", "3"), ("c", "2")):
    client.put(prefix + "many/" + key, text)
many = prefix + "many/"
check("prefix", values(client.get_prefix(many)) == [b"3", b"1", b"2"])
check("descending keys", values(client.get_prefix(many, sort_order="descend")) == [b"2", b"1", b"3"])
check("by value", keys(client.get_prefix(many, sort_order="ascend", sort_target="value")) == ["many/b", "many/c", "many/a"])
check("by creation", keys(client.get_prefix(many, sort_order="ascend", sort_target="create")) == ["many/b", "many/a", "many/c"])
check("a range without its end", values(client.get_range(many + "a", many + "c")) == [b"3", b"1"])
check("keys only", values(client.get_prefix(many, keys_only=True)) == [b"", b"", b""])

# revisions
client.put(prefix + "past", "one")
revision = client.get(prefix + "past")[1].mod_revision
client.put(prefix + "past", "two")
# This client takes limits and revisions but does not send them, so these go through its own stub.
past = client.kvstub.Range(etcdrpc.RangeRequest(key=(prefix + "past").encode(), revision=revision), 10)
check("the past", past.kvs[0].value == b"one")
page = client.kvstub.Range(etcdrpc.RangeRequest(key=many.encode(), range_end=(prefix + "many0").encode(), limit=2), 10)
check("limit", [pair.value for pair in page.kvs] == [b"3", b"1"] and page.more and page.count == 3)
check("versions count", client.get(prefix + "past")[1].version == 2)

# transactions
client.put(prefix + "account", "10")


def transfer():
    return client.transaction(
        compare=[client.transactions.value(prefix + "account") == "10", client.transactions.version(prefix + "account") > 0],
        success=[client.transactions.put(prefix + "account", "20"), client.transactions.get(prefix + "account")],
        failure=[client.transactions.get(prefix + "account")],
    )


succeeded, answers = transfer()
check("the first branch", succeeded and answers[1][0][0] == b"20")
succeeded, answers = transfer()
check("the other branch", not succeeded and answers[0][0][0] == b"20")
check("put if absent", client.put_if_not_exists(prefix + "once", "mine") is True)
check("put if absent, again", client.put_if_not_exists(prefix + "once", "yours") is False)
check("replace", client.replace(prefix + "once", "mine", "ours") is True)
check("replace what has changed", client.replace(prefix + "once", "mine", "theirs") is False)

# delete a prefix
check("delete a prefix", client.delete_prefix(many).deleted == 3)
check("it is gone", values(client.get_prefix(many)) == [])

# the cluster
status = client.status()
check("status", status.version.count(".") == 2 and status.leader is not None and status.raft_term > 0)
members = list(client.members)
check("members", sorted(member.name for member in members) == ["m1", "m2", "m3"])
check("client URLs", all(len(list(member.client_urls)) == 1 for member in members))

# leases
lease = client.lease(60)
client.put(prefix + "leased", "1", lease=lease)
check("a lease", lease.granted_ttl == 60 and 50 < lease.remaining_ttl <= 60)
check("its keys", lease.keys == [(prefix + "leased").encode()])
check("it is renewed", [answer.TTL for answer in lease.refresh()] == [60])
check("as the client tells of it", client.get_lease_info(lease.id).grantedTTL == 60)
lease.revoke()
check("its key is gone", client.get(prefix + "leased") == (None, None))

# watches
heard = []
watch = client.add_watch_prefix_callback(prefix + "watched/", lambda answer: heard.extend(answer.events), prev_kv=True)
events, cancel = client.watch_prefix(prefix + "watched/")
started = client.status() and client.get(prefix + "once")[1].response_header.revision + 1
client.put(prefix + "watched/1", "a")
client.put(prefix + "watched/1", "b")
client.delete(prefix + "watched/1")
seen = [next(events) for _ in range(3)]
cancel()
check("events of a prefix", [type(event).__name__ for event in seen] == ["PutEvent", "PutEvent", "DeleteEvent"])
check("their values", [event.value for event in seen[:2]] == [b"a", b"b"])
deadline = time.time() + 10
while len(heard) < 3 and time.time() < deadline:
    time.sleep(0.05)
check("a callback hears them too", [event.prev_value for event in heard] == [b"", b"a", b"b"])
client.cancel_watch(watch)
past, cancel = client.watch(prefix + "watched/1", start_revision=started)
check("the past", [next(past).value, next(past).value] == [b"a", b"b"])
cancel()
threading.Timer(0.3, client.put, (prefix + "awaited", "now")).start()
check("a watch for one event", client.watch_once(prefix + "awaited", timeout=10).value == b"now")
threading.Timer(0.3, client.put, (prefix + "awaited/1", "soon")).start()
check("and of a prefix", client.watch_prefix_once(prefix + "awaited/", timeout=10).value == b"soon")

# locks
lock = client.lock("python-%s" % port, ttl=10)
check("a lock", lock.acquire(timeout=5) and lock.is_acquired())
check("it is renewed", len(list(lock.refresh())) == 1)
other = client.lock("python-%s" % port, ttl=10)
# This client fails by itself where it must wait for a lock, with the version of its library for retries that Debian has.
check("nobody else has it", not other.is_acquired())
check("until it is released", lock.release() and other.acquire(timeout=5) and other.release())
with client.lock("python-%s" % port, ttl=10) as held:
    check("as a context", held.is_acquired())

# maintenance
client.put(prefix + "compacted", "x")
client.compact(client.get(prefix + "compacted")[1].mod_revision, physical=True)
try:
    client.kvstub.Range(etcdrpc.RangeRequest(key=b"x", revision=1), 10)
    check("compacted history is gone", False)
except grpc.RpcError as error:
    check("compacted history is gone", "has been compacted" in error.details())
client.defragment()
check("a hash", isinstance(client.hash(), int))
check("no alarm", list(client.list_alarms()) == [] and client.disarm_alarm() == [])
raised = client.create_alarm()
check("an alarm that is raised", len(raised) == 1 and len(list(client.list_alarms())) == 1)
try:
    client.put(prefix + "full", "x")
    check("writes are refused", False)
except grpc.RpcError as error:
    check("writes are refused", "database space exceeded" in error.details())
check("until it is disarmed", len(client.disarm_alarm()) == 1)
client.put(prefix + "full", "x")
check("a member's alarms", all(list(member.active_alarms) == [] for member in client.members))

# members
deadline = time.time() + 20
while True:
    try:
        added = client.add_member(["http://127.0.0.1:1"])
        break
    except etcd3.exceptions.ConnectionFailedError:
        # etcd takes members only once it has stood for some seconds.
        if time.time() > deadline:
            raise
        time.sleep(0.5)
check("a member more", added.id in [member.id for member in client.members])
added.update(["http://127.0.0.1:2"])
check("other peer URLs", [list(member.peer_urls) for member in client.members if member.id == added.id] == [["http://127.0.0.1:2"]])
added.remove()
check("and one less", added.id not in [member.id for member in client.members])

print("%d operations checked" % checked)
