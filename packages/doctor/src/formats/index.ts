import type { LogFormat } from "../format.ts";
import { etcdCapnslog, etcdConsole, etcdZap } from "./etcd.ts";
import { generic } from "./generic.ts";
import { hashicorpJson, hashicorpText } from "./hashicorp.ts";
import { quorateJson, quoratePretty } from "./quorate.ts";

/** Each line is of the first that takes it; `generic` takes much, and so comes last. */
export const formats: readonly LogFormat[] = [
  etcdZap,
  quorateJson,
  hashicorpJson,
  etcdCapnslog,
  etcdConsole,
  hashicorpText,
  quoratePretty,
  generic,
];
