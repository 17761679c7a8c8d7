/**
 * Reads the logs of Raft clusters (etcd, hashicorp/raft, Quorate, and others that log in much the same words), and names what
 * ails them. Bytes in, plain data out: no I/O, no clock. docs/doctor.md says what is found, and how to add a format.
 *
 * @packageDocumentation
 */
export { Examination, type ExaminationOptions } from "./examination.ts";
export type { SourceReader, SourceSummary } from "./source-reader.ts";
export type { Evidence, Report, ReportedFinding } from "./report.ts";
export type { FindingId, Severity } from "./findings/finding.ts";
export { catalogue, type Remedy } from "./catalogue.ts";
export type { Fact, FactKind, RoleName, Voters } from "./fact.ts";
export type { LineTime, LogFormat } from "./format.ts";
export { Phrasebook, type Phrase, type PhraseContext } from "./phrasebook.ts";
export { timeAt } from "./timestamps.ts";
export type { Lane, LaneState, Segment } from "./timeline/lanes.ts";
export { timelineText } from "./timeline/text.ts";
export { timelineSvg } from "./timeline/svg.ts";
export { examineCluster } from "./live/examine-cluster.ts";
export type { ClusterReading, MemberReading, MemberStatusReading, MetricSample } from "./live/reading.ts";
export { redact, Redactor } from "./redact.ts";
