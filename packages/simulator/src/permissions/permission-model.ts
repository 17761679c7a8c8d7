import type { AuthCommand, Caller, StoreCommand } from "@quorate/store";

interface User {
  readonly roles: Set<string>;
}

interface Granted {
  readonly kind: "read" | "write" | "read-write";
  readonly from: string;
  /** "" for the one key. */
  readonly to: string;
}

/** etcd's rules for users, roles and puts of single keys, written down a second time, in the plainest way. Keys and names are text. */
export class PermissionModel {
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, Granted[]>();
  #isEnabled = false;
  #revision = 1;

  /** "ok", or why the store must refuse a command. */
  apply(command: StoreCommand): string {
    if (command.type === "by-user") return this.#applyFor(command.caller, command.command);
    if (command.type === "by-member") return this.#applyFor("a member", command.command);
    return this.#applyFor(undefined, command);
  }

  #applyFor(caller: Caller | "a member" | undefined, command: StoreCommand): string {
    if (command.type === "put") return this.#refusal(caller, text(command.key)) ?? "ok";
    if (isAuth(command)) return this.#refusal(caller, undefined) ?? this.#change(command);
    return "ok";
  }

  /** `key` undefined: what only root may. */
  #refusal(caller: Caller | "a member" | undefined, key: string | undefined): string | undefined {
    if (!this.#isEnabled || caller === "a member") return undefined;
    if (caller === undefined) return "no-user";
    if (caller.authRevision < this.#revision) return "auth-revision-old";
    const user = this.#users.get(caller.user);
    if (user === undefined) return "permission-denied";
    if (user.roles.has("root")) return undefined;
    const mayWrite = [...user.roles].some((role) =>
      (this.#roles.get(role) ?? []).some(({ kind, from, to }) => {
        const isIn = key !== undefined && (to === "" ? key === from : key >= from && key < to);
        return isIn && kind !== "read";
      }),
    );
    return mayWrite ? undefined : "permission-denied";
  }

  #change(command: AuthCommand): string {
    const refusal = this.#changed(command);
    return refusal ?? "ok";
  }

  #changed(command: AuthCommand): string | undefined {
    switch (command.type) {
      case "auth-enable":
        if (this.#isEnabled) return undefined;
        if (!this.#users.has("root")) return "root-user-missing";
        if (this.#users.get("root")?.roles.has("root") !== true) return "root-role-missing";
        this.#isEnabled = true;
        return undefined;
      case "auth-disable":
        if (this.#isEnabled) this.#revision++;
        this.#isEnabled = false;
        return undefined;
      case "user-add":
        if (this.#users.has(command.name)) return "user-exists";
        this.#users.set(command.name, { roles: new Set() });
        break;
      case "user-delete":
        if (this.#isEnabled && command.name === "root") return "invalid-auth-management";
        if (!this.#users.delete(command.name)) return "user-not-found";
        break;
      case "user-change-password":
        if (!this.#users.has(command.name)) return "user-not-found";
        break;
      case "user-grant-role": {
        const user = this.#users.get(command.name);
        if (user === undefined) return "user-not-found";
        if (command.role !== "root" && !this.#roles.has(command.role)) return "role-not-found";
        if (user.roles.has(command.role)) return undefined;
        user.roles.add(command.role);
        break;
      }
      case "user-revoke-role":
        if (this.#isEnabled && command.name === "root" && command.role === "root") return "invalid-auth-management";
        if (!this.#users.has(command.name)) return "user-not-found";
        if (this.#users.get(command.name)?.roles.delete(command.role) !== true) return "role-not-granted";
        break;
      case "role-add":
        if (this.#roles.has(command.name)) return "role-exists";
        this.#roles.set(command.name, []);
        break;
      case "role-delete":
        if (this.#isEnabled && command.name === "root") return "invalid-auth-management";
        if (!this.#roles.delete(command.name)) return "role-not-found";
        for (const { roles } of this.#users.values()) roles.delete(command.name);
        break;
      case "role-grant-permission": {
        const { kind, range } = command.permission;
        const granted = { kind, from: text(range.key), to: range.end === undefined ? "" : text(range.end) };
        if (granted.to !== "" && granted.to <= granted.from) return "invalid-auth-management";
        const role = this.#roles.get(command.name);
        if (role === undefined) return "role-not-found";
        const others = role.filter(({ from, to }) => from !== granted.from || to !== granted.to);
        this.#roles.set(command.name, [...others, granted]);
        break;
      }
      case "role-revoke-permission": {
        const role = this.#roles.get(command.name);
        if (role === undefined) return "role-not-found";
        const [from, to] = [text(command.range.key), command.range.end === undefined ? "" : text(command.range.end)];
        const left = role.filter((granted) => granted.from !== from || granted.to !== to);
        if (left.length === role.length) return "permission-not-granted";
        this.#roles.set(command.name, left);
        break;
      }
    }
    this.#revision++;
    return undefined;
  }
}

function isAuth(command: StoreCommand): command is AuthCommand {
  return /^(auth|user|role)-/.test(command.type);
}

export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
