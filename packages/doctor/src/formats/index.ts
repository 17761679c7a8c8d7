import type { LogFormat } from "../format.ts";
import { etcdCapnslog, etcdConsole, etcdZap } from "./etcd.ts";
import { generic, genericJson } from "./generic.ts";
import { hashicorpJson, hashicorpText } from "./hashicorp.ts";
import { quorateJson, quoratePretty } from "./quorate.ts";

/** Each line is of the first that takes it; the generic ones take much, and so come last. */
export const formats: readonly LogFormat[] = [
  etcdZap,
  quorateJson,
  hashicorpJson,
  etcdCapnslog,
  etcdConsole,
  hashicorpText,
  quoratePretty,
  genericJson,
  generic,
];
