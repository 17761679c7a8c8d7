/** A counter that three processes agree on. In three terminals: `node counter.ts 1`, `node counter.ts 2`, `node counter.ts 3`. */
import { createServer } from "node:http";
import { ReplicaError, startMember } from "@quorate/node";
import { Counter, toBytes } from "./counter-state.ts";

const id = Number(process.argv[2]);
const peers = process.env["COUNTER_PEERS"] ?? "http://127.0.0.1:7101,http://127.0.0.1:7102,http://127.0.0.1:7103";
const members = Object.fromEntries(peers.split(",").map((url, at) => [at + 1, url]));

// The state is yours: any object. It changes only in `apply`, which runs on every member, in the same order.
const counter = new Counter();
const directory = process.env["COUNTER_DATA"] ?? `data/${id}`;
const member = await startMember({ id, members, directory, state: counter });
member.replica.onFatal((error) => {
  console.error(error);
  process.exit(1);
});

// Any member takes writes and reads. `submit` resolves once a majority has the command on disk; `read` makes sure that
// this member has seen every write that was answered anywhere before.
const server = createServer((request, response) => {
  const answer = async (): Promise<number> => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [client, number] = [searchParams.get("client"), Number(searchParams.get("request"))];
    // A client that says who it is, and numbers its requests, may send one again when it does not know what became of it.
    if (client !== null && !Number.isSafeInteger(number)) throw new RangeError("request must be a whole number");
    const increment = client === null ? {} : { client, request: number };
    if (request.method === "POST") return member.submit(toBytes(increment));
    await member.read();
    return counter.value;
  };
  answer().then(
    (value) => response.end(`${value}\n`),
    (error: unknown) => {
      response.statusCode = error instanceof RangeError ? 400 : 503;
      response.end(`${error instanceof ReplicaError ? `${error.code}: ${error.message}` : String(error)}\n`);
    },
  );
});
server.listen(Number(process.env["COUNTER_PORT"] ?? 8100 + id), "127.0.0.1", () => {
  console.log(`counter ${id} on`, server.address());
});

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  void member.close();
});
