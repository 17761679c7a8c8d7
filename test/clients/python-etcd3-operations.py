"""The operations of the client tests through python3-etcd3. Usage: python-etcd3-operations.py HOST:PORT"""

import sys

import etcd3
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

print("%d operations checked" % checked)
