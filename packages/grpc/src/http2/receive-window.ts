import { ConnectionError, errorCodes } from "./protocol.ts";

/** What the client may still send on all streams together. What has come is given back at once, half a window at a time. */
export class ReceiveWindow {
  readonly #bytes: number;
  #left: number;
  #unreturned = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  /** Returns how much is to be given back now. Throws `ConnectionError` when it is more than the window allows. */
  take(bytes: number): number {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw new ConnectionError(errorCodes.flowControlError, "more DATA than the connection's window allows");
    }
    this.#unreturned += bytes;
    if (this.#unreturned < this.#bytes / 2) return 0;
    const returned = this.#unreturned;
    this.#left += returned;
    this.#unreturned = 0;
    return returned;
  }
}
