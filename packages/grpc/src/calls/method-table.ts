import type { CallCounts, MethodCounts } from "../call-counts.ts";
import type { Method } from "../service.ts";
import { grpcCodes, type GrpcStatus } from "../status.ts";

export interface ServedMethod {
  readonly method: Method;
  readonly counts: MethodCounts;
}

/** Finds methods by path, and says what a path lacks in the words that gRPC clients know. */
export class MethodTable {
  readonly #methods = new Map<string, ServedMethod>();
  readonly #services = new Set<string>();

  /** Throws when two methods have one path, or a path is not of the form "/package.Service/Method". */
  constructor(methods: readonly Method[], counts: CallCounts) {
    for (const method of methods) {
      const match = /^\/([^/]+)\/[^/]+$/.exec(method.path);
      if (match === null)
        throw new RangeError(`${method.path} is no method path: it must be "/package.Service/Method"`);
      if (this.#methods.has(method.path)) throw new RangeError(`the method ${method.path} is defined twice`);
      this.#methods.set(method.path, { method, counts: counts.of(method) });
      this.#services.add(match[1] as string);
    }
  }

  find(path: string): ServedMethod | undefined {
    return this.#methods.get(path);
  }

  /** Why `find` found nothing. */
  missing(path: string): GrpcStatus {
    const slash = path.lastIndexOf("/");
    const service = path.slice(1, slash);
    const message =
      !path.startsWith("/") || slash < 1
        ? `malformed method name: "${path}"`
        : this.#services.has(service)
          ? `unknown method ${path.slice(slash + 1)} for service ${service}`
          : `unknown service ${service}`;
    return { code: grpcCodes.unimplemented, message };
  }
}
