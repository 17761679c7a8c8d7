import assert from "node:assert/strict";
import { test } from "node:test";
import { redact } from "../src/index.ts";

/** Lines with secrets planted in them; each holds "hunter2" where the secret is. */
const planted: readonly string[] = [
  "etcd --password=hunter2 --name m1",
  "etcdctl --user root:hunter2 get x",
  "ETCDCTL_PASSWORD=hunter2 etcdctl get x",
  "ETCDCTL_USER=root:hunter2",
  '{"level":"info","msg":"args","args":["--password","hunter2"]}',
  '{"password":"hunter2","name":"m1"}',
  '{"request":"{\\"password\\":\\"hunter2\\",\\"user\\":\\"root\\"}"}',
  '{"auth-token":"hunter2"}',
  "Authorization: Bearer hunter2hunter2",
  "authorization: Basic hunter2hunter2==",
  'curl -H "Authorization: Bearer hunter2hunter2" https://db',
  "peer url https://root:hunter2@10.0.0.1:2380 is used",
  'level=info msg="login" password="hunter2 and more" user=root',
  "client_secret: hunter2",
  "aws_secret_access_key = hunter2",
  "x-api-key: hunter2",
  "Cookie: session=hunter2",
  "--token jwt,pub-key=hunter2",
  "token eyJhbGciOiJIUzI1NiJ9.hunter2eyJzdWIiOi.hunter2abc-_x",
];

for (const line of planted) {
  test(`a secret is taken out of: ${line.slice(0, 50)}`, () => {
    const safe = redact(line);
    assert.doesNotMatch(safe, /hunter2/, safe);
    assert.match(safe, /\[removed\]/);
  });
}

test("hashes of passwords and keys of clouds are taken out wherever they stand", () => {
  const hash = `$2a$10$${"A".repeat(53)}`;
  assert.equal(redact(`user root has ${hash} now`), "user root has [removed] now");
  assert.equal(redact("id AKIAIOSFODNN7EXAMPLE here"), "id [removed] here");
});

test("private keys over several lines are taken out, and what stands around them is not", () => {
  const key = ["-----BEGIN EC PRIVATE KEY-----", "MHcCAQEEIIrYSSNQFaA2", "hunter2", "-----END EC PRIVATE KEY-----"];
  const safe = redact(["before", ...key, "after"].join("\n"));
  assert.doesNotMatch(safe, /hunter2|MHcC/);
  assert.match(safe, /^before\n/);
  assert.match(safe, /\nafter$/);
  const inJson = redact(`{"key":"-----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----","name":"m1"}`);
  assert.doesNotMatch(inJson, /hunter2/);
  assert.match(inJson, /"name":"m1"/);
});

test("what a diagnosis needs stays as it is", () => {
  const lines = [
    '{"level":"info","ts":"2026-11-21T20:22:54.811Z","caller":"raft/raft.go:771","msg":"17e7068858982f0e became leader at term 2"}',
    "2026-11-21 20:23:02.864692 I | rafthttp: established a TCP streaming connection with peer d84232cd502ef5c8 (stream Message writer)",
    '{"level":"info","time":"2026-11-21T20:22:54.811Z","member":"m1","id":"1","role":"leader","term":3,"leader":"1","msg":"raft: became leader: won the election of term 3"}',
    "etcd_server_proposals_applied_total 4",
  ];
  for (const line of lines) assert.equal(redact(line), line);
});
