import type { Command } from "commander";
import tab from "@bomb.sh/tab/commander";

/** `quorate completion bash|zsh|fish|powershell`: a script that asks us, hidden, what may follow. From the command tree. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: "completion" });
}
