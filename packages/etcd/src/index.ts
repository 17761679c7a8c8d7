/**
 * etcd's v3 services over one replica and the key-value store.
 *
 * @packageDocumentation
 */
export { bcryptCosts } from "./auth/passwords.ts";
export { jwtAlgorithms } from "./auth/jwt-tokens.ts";
export { isJwtAlgorithm, type AuthOptions, type TokenOptions } from "./auth/token-options.ts";
export { EtcdError, refusals } from "./errors.ts";
export * from "./api.ts";
export { cipherSuiteNames, opensslSuite } from "./tls/cipher-suites.ts";
export type { ClientTls, PeerTls, TlsFiles, TlsSource } from "./tls/tls-options.ts";
export { clusterIdOf, memberIdOf } from "./identity.ts";
export type { InitialMember } from "./identity.ts";
export { askForClientUrls } from "./ask-for-clients.ts";
export { ownerOfData } from "./find-identity.ts";
export { MembershipFile } from "./membership-file.ts";
export { recoverMember } from "./recovery/recover-member.ts";
export type { Recovery, Survivor } from "./recovery/recover-member.ts";
export { readBackupFile } from "./recovery/read-backup.ts";
export { restoreBackup } from "./recovery/restore-backup.ts";
export type { Restored, Restoring } from "./recovery/restore-backup.ts";
export { MemberRemovedError } from "./removal-watch.ts";
export type { CompactionPolicy } from "./maintenance/auto-compaction.ts";
export { EtcdServerError } from "./server-options.ts";
export type { ClientListener, EtcdServerOptions, Joining, TracingOptions } from "./server-options.ts";
export { startEtcdServer } from "./server.ts";
export type { EtcdServer } from "./server.ts";
export { emulatedVersion } from "./version.ts";
