import { Option, type Command } from "commander";
import type { SetCode } from "../arguments.ts";
import { withAnswerOptions, withClientOptions, withHex } from "./client-options.ts";
import type { RangeFlags } from "./key-requests.ts";
import type { NewPasswordFlags } from "./user-commands.ts";
import type { ClientFlags } from "./with-calls.ts";

/** `quorate auth`, `user` and `role`. */
export function addAuth(program: Command, setCode: SetCode): void {
  const auth = program.command("auth").description("let only those in who say who they are");
  auth.addHelpText(
    "after",
    `
Examples
  quorate user add root
  quorate auth enable
  quorate auth status --user root`,
  );
  withAnswerOptions(auth.command("enable"))
    .description("from now on every call needs a user; the user root must exist, and is given the role root")
    .action(async (flags: ClientFlags) => {
      const { runAuthEnable } = await import("./auth-commands.ts");
      setCode(await runAuthEnable(flags));
    });
  withAnswerOptions(auth.command("disable"))
    .description("everyone may do everything again")
    .action(async (flags: ClientFlags) => {
      const { runAuthDisable } = await import("./auth-commands.ts");
      setCode(await runAuthDisable(flags));
    });
  withAnswerOptions(auth.command("status"))
    .description("is it on? (etcd 3.5 and later)")
    .action(async (flags: ClientFlags) => {
      const { runAuthStatus } = await import("./auth-commands.ts");
      setCode(await runAuthStatus(flags));
    });
  addUser(program, setCode);
  addRole(program, setCode);
}

function addUser(program: Command, setCode: SetCode): void {
  const user = program.command("user").description("who may call");
  user.addHelpText(
    "after",
    `
Examples
  quorate user add alice
  quorate user grant-role alice readers
  quorate user get alice --detail`,
  );
  withNewPassword(user.command("add"))
    .description("a new user")
    .argument("<name[:password]>", "the password is asked for where none is given")
    .addOption(withoutPassword())
    .action(async (name: string, flags: NewPasswordFlags & { noPassword?: boolean }) => {
      const { runUserAdd } = await import("./user-commands.ts");
      setCode(await runUserAdd(name, flags));
    });
  withNewPassword(user.command("passwd"))
    .description("another password; who is logged in must log in again")
    .argument("<name>")
    .action(async (name: string, flags: NewPasswordFlags) => {
      const { runUserPassword } = await import("./user-commands.ts");
      setCode(await runUserPassword(name, flags));
    });
  withClientOptions(user.command("delete"))
    .description("for good")
    .argument("<name>")
    .action(async (name: string, flags: ClientFlags) => {
      const { runUserDelete } = await import("./user-commands.ts");
      setCode(await runUserDelete(name, flags));
    });
  withAnswerOptions(user.command("get"))
    .description("which roles a user has")
    .argument("<name>")
    .option("--detail", "and what they may do")
    .action(async (name: string, flags: ClientFlags & { detail?: boolean }) => {
      const { runUserGet } = await import("./user-commands.ts");
      setCode(await runUserGet(name, flags));
    });
  withAnswerOptions(user.command("list"))
    .description("all users")
    .action(async (flags: ClientFlags) => {
      const { runUserList } = await import("./user-commands.ts");
      setCode(await runUserList(flags));
    });
  withClientOptions(user.command("grant-role"))
    .description("let a user do what a role may")
    .argument("<user>")
    .argument("<role>")
    .action(async (name: string, role: string, flags: ClientFlags) => {
      const { runUserGrantRole } = await import("./user-commands.ts");
      setCode(await runUserGrantRole(name, role, flags));
    });
  withClientOptions(user.command("revoke-role"))
    .description("and no longer")
    .argument("<user>")
    .argument("<role>")
    .action(async (name: string, role: string, flags: ClientFlags) => {
      const { runUserRevokeRole } = await import("./user-commands.ts");
      setCode(await runUserRevokeRole(name, role, flags));
    });
}

function addRole(program: Command, setCode: SetCode): void {
  const role = program.command("role").description("what users of a role may read and write");
  role.addHelpText(
    "after",
    `
Examples
  quorate role add readers
  quorate role grant-permission readers read app/ --prefix
  quorate role revoke-permission readers app/ --prefix`,
  );
  withClientOptions(role.command("add"))
    .description("a new role, that may do nothing yet")
    .argument("<name>")
    .action(async (name: string, flags: ClientFlags) => {
      const { runRoleAdd } = await import("./role-commands.ts");
      setCode(await runRoleAdd(name, flags));
    });
  withClientOptions(role.command("delete"))
    .description("and take it from all users")
    .argument("<name>")
    .action(async (name: string, flags: ClientFlags) => {
      const { runRoleDelete } = await import("./role-commands.ts");
      setCode(await runRoleDelete(name, flags));
    });
  withAnswerOptions(role.command("get"))
    .description("what a role may do")
    .argument("<name>")
    .action(async (name: string, flags: ClientFlags) => {
      const { runRoleGet } = await import("./role-commands.ts");
      setCode(await runRoleGet(name, flags));
    });
  withAnswerOptions(role.command("list"))
    .description("all roles")
    .action(async (flags: ClientFlags) => {
      const { runRoleList } = await import("./role-commands.ts");
      setCode(await runRoleList(flags));
    });
  withRange(role.command("grant-permission"))
    .description("let a role read, write or readwrite a key, or the keys in [key, range-end)")
    .argument("<role>")
    .argument("<type>", "read, write or readwrite")
    .argument("<key>")
    .argument("[range-end]")
    .action(
      async (name: string, type: string, key: string, end: string | undefined, flags: ClientFlags & RangeFlags) => {
        const { runRoleGrant } = await import("./role-commands.ts");
        setCode(await runRoleGrant(name, type, key, end, flags));
      },
    );
  withRange(role.command("revoke-permission"))
    .description("take a permission back; the key and its end must be those that were granted")
    .argument("<role>")
    .argument("<key>")
    .argument("[range-end]")
    .action(async (name: string, key: string, end: string | undefined, flags: ClientFlags & RangeFlags) => {
      const { runRoleRevoke } = await import("./role-commands.ts");
      setCode(await runRoleRevoke(name, key, end, flags));
    });
}

function withRange(command: Command): Command {
  return withHex(withClientOptions(command))
    .option("--prefix", "every key that begins with <key>")
    .option("--from-key", "every key from <key> on");
}

function withNewPassword(command: Command): Command {
  return withClientOptions(command)
    .option("--new-user-password <password>", "others on this machine may see it in the list of processes")
    .addOption(
      new Option("--interactive <yes>", "=false reads the password from standard input").choices(["true", "false"]),
    );
}

/** Commander takes "--no-password" for "--password" that is false, which is somebody else's: the caller's own. */
function withoutPassword(): Option {
  const option = new Option("--no-password", "known by a client certificate alone");
  option.negate = false;
  return option;
}
