import { fieldKinds, type HeaderField } from "../hpack/header-field.ts";

/** What a request says before its body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  /** `grpc-timeout` */
  readonly timeout: string | undefined;
  /** `grpc-encoding` */
  readonly encoding: string | undefined;
  /** `grpc-accept-encoding` */
  readonly acceptEncoding: string | undefined;
  /** Of the body in bytes; -1 when it is not said. */
  readonly contentLength: number;
  readonly fields: readonly HeaderField[];
}

/** Checks and sorts the fields of a request; undefined when they are malformed (RFC 9113 §8.1.1, §8.2, §8.3). */
export function readRequestHead(fields: readonly HeaderField[]): RequestHead | undefined {
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let host: string | undefined;
  let contentType = "";
  let timeout: string | undefined;
  let encoding: string | undefined;
  let acceptEncoding: string | undefined;
  let contentLength = -1;
  let pseudosEnded = false;
  for (const { kind, value } of fields) {
    if (kind === fieldKinds.malformed) return undefined;
    if (kind >= fieldKinds.method && kind <= fieldKinds.authority) {
      if (pseudosEnded) return undefined;
    } else pseudosEnded = true;
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- other fields need no sorting
    switch (kind) {
      case fieldKinds.method:
        if (method !== undefined) return undefined;
        method = value;
        break;
      case fieldKinds.path:
        if (path !== undefined) return undefined;
        path = value;
        break;
      case fieldKinds.scheme:
        if (scheme !== undefined) return undefined;
        scheme = value;
        break;
      case fieldKinds.authority:
        if (authority !== undefined) return undefined;
        authority = value;
        break;
      case fieldKinds.host:
        host = value;
        break;
      case fieldKinds.contentType:
        contentType = value;
        break;
      case fieldKinds.timeout:
        timeout = value;
        break;
      case fieldKinds.encoding:
        encoding = value;
        break;
      case fieldKinds.acceptEncoding:
        acceptEncoding = value;
        break;
      case fieldKinds.contentLength: {
        const length = /^\d{1,15}$/.test(value) ? Number(value) : -1;
        if (length < 0 || (contentLength >= 0 && contentLength !== length)) return undefined;
        contentLength = length;
        break;
      }
      default:
        break;
    }
  }
  if (method === undefined || method === "") return undefined;
  if (method === "CONNECT") {
    if (path !== undefined || scheme !== undefined || authority === undefined) return undefined;
    path = authority;
  } else if (scheme === undefined || path === undefined || path === "") return undefined;
  if (host !== undefined && authority !== undefined && host !== authority) return undefined;
  // §8.3.1: no user in front of the host.
  if (authority?.includes("@") === true) return undefined;
  return { method, path, contentType, timeout, encoding, acceptEncoding, contentLength, fields };
}

/** Trailers have no pseudo-fields. */
export function areTrailersMalformed(fields: readonly HeaderField[]): boolean {
  return fields.some(
    ({ kind }) => kind === fieldKinds.malformed || (kind >= fieldKinds.method && kind <= fieldKinds.authority),
  );
}

/** The first value of a field. */
export function fieldValue({ fields }: RequestHead, name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}
