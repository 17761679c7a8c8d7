import type { ServiceParts } from "../service-parts.ts";

/** What is known of users, under etcd's name where it has one. No user is named. */
export function addAuth(
  { store, passwords }: ServiceParts,
  gauge: (name: string, help: string, value: () => number) => void,
): void {
  gauge("etcd_debugging_auth_revision", "The revision of users and roles.", () => store.auth.revision);
  gauge("quorate_auth_enabled", "Whether users are asked who they are: 1 or 0.", () => (store.auth.isEnabled ? 1 : 0));
  gauge(
    "quorate_auth_refused_passwords_total",
    "Passwords since the start that did not fit, or were of nobody.",
    () => passwords.misfits,
  );
}
