/**
 * The etcd version that clients are told: kube-apiserver and others enable features by it. It names the interface that is
 * followed, not whose server this is.
 */
export const emulatedVersion = "3.6.0";

/** The version of the cluster's interface: its minor version, as etcd tells it. */
export const emulatedClusterVersion = "3.6.0";
