/** V8's sampling profile: the nodes of a call tree, and which of them was running at each sample. */
export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[];
  /** Of nodes, one per sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
  readonly endTime: number;
}

export interface CpuProfileNode {
  readonly id: number;
  /** Of nodes. */
  readonly children?: readonly number[];
  readonly callFrame: {
    readonly functionName: string;
    /** A file URL, "node:..." for Node's own, "" for V8's. */
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

/** One JavaScript thread of the process under inspection. */
export interface InspectedThread {
  /** "main", or the name of a worker. */
  readonly name: string;
  send(method: string, params?: object): Promise<unknown>;
}

type Send = InspectedThread["send"];
type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};

/** Speaks the inspector's protocol to a process that was started with `--inspect`, and to each of its workers. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #main: Session;
  readonly #workers = new Map<string, Session>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#main = new Session("main", (text) => socket.send(text));
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(String(data)) as Message));
    socket.addEventListener("close", () => {
      for (const session of [this.#main, ...this.#workers.values()]) session.fail("the inspected process closed");
    });
  }

  /** `url` is the "ws://..." that Node.js prints at its start. */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve(), { once: true });
      socket.addEventListener("error", () => reject(new Error(`cannot connect to ${url}`)), { once: true });
    });
    const inspector = new Inspector(socket);
    // Announces the workers that run already before it answers.
    await inspector.#main.send("NodeWorker.enable", { waitForDebuggerOnStart: false });
    return inspector;
  }

  get threads(): readonly InspectedThread[] {
    return [this.#main, ...this.#workers.values()];
  }

  close(): void {
    this.#socket.close();
  }

  #receive(message: Message): void {
    const { method, params } = message;
    if (method === "NodeWorker.attachedToWorker") {
      const { sessionId, workerInfo } = params as { sessionId: string; workerInfo: { title: string } };
      this.#workers.set(sessionId, new Session(nameOfWorker(workerInfo.title), this.#sendTo(sessionId)));
    } else if (method === "NodeWorker.detachedFromWorker") {
      const { sessionId } = params as { sessionId: string };
      this.#workers.get(sessionId)?.fail("the worker ended");
      this.#workers.delete(sessionId);
    } else if (method === "NodeWorker.receivedMessageFromWorker") {
      const { sessionId, message: text } = params as { sessionId: string; message: string };
      this.#workers.get(sessionId)?.receive(JSON.parse(text) as Message);
    } else {
      this.#main.receive(message);
    }
  }

  #sendTo(sessionId: string): (text: string) => void {
    return (text) => {
      void this.#main.send("NodeWorker.sendMessageToWorker", { sessionId, message: text });
    };
  }
}

/** Requests to one thread, and the answers that are awaited. */
class Session implements InspectedThread {
  readonly name: string;
  readonly #transmit: (text: string) => void;
  readonly #awaited = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #requests = 0;

  constructor(name: string, transmit: (text: string) => void) {
    this.name = name;
    this.#transmit = transmit;
  }

  readonly send: Send = (method, params = {}) => {
    this.#requests += 1;
    const id = this.#requests;
    return new Promise((resolve, reject) => {
      this.#awaited.set(id, { resolve, reject });
      this.#transmit(JSON.stringify({ id, method, params }));
    });
  };

  receive({ id, result, error }: Message): void {
    const awaited = id === undefined ? undefined : this.#awaited.get(id);
    if (id === undefined || awaited === undefined) return;
    this.#awaited.delete(id);
    if (error === undefined) awaited.resolve(result);
    else awaited.reject(new Error(error.message));
  }

  fail(reason: string): void {
    for (const { reject } of this.#awaited.values()) reject(new Error(reason));
    this.#awaited.clear();
  }
}

/** A title is "[worker 1] quorate-disk", or "Worker 1" where the worker has no name. */
function nameOfWorker(title: string): string {
  return /\] (.+)$/.exec(title)?.[1] ?? title;
}
