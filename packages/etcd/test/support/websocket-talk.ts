import { once } from "node:events";
import { WebSocket, type ClientOptions } from "ws";
import type { Cleanup } from "./single-member.ts";

export type Json = { readonly [name: string]: Json } | readonly Json[] | string | number | boolean | null;

/** A client of the gateway over a websocket: all that it was told, and how it was closed. */
export class WebSocketTalk {
  readonly messages: string[] = [];
  readonly socket: WebSocket;
  /** The code of the close. */
  readonly closed: Promise<number>;
  #more = Promise.withResolvers<void>();

  constructor(cleanup: Cleanup, url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url.replace(/^http/, "ws"), protocols, options);
    cleanup.after(() => this.socket.terminate());
    this.socket.on("error", () => {});
    this.socket.on("message", (message: Buffer) => {
      this.messages.push(message.toString());
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  async opened(): Promise<this> {
    await once(this.socket, "open");
    return this;
  }

  send(json: unknown): void {
    this.socket.send(JSON.stringify(json));
  }

  /** The messages up to this many; fewer when it is closed before. */
  async told(count: number): Promise<readonly Json[]> {
    while (this.messages.length < count && this.socket.readyState !== WebSocket.CLOSED) await this.#more.promise;
    return this.messages.slice(0, count).map((message) => JSON.parse(message) as Json);
  }

  #wake(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}
