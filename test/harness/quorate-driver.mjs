// Runs commands of `quorate` one after the other in one process, for tests that need many: see command-driver.ts.
import { main } from "quorate";

let output = { stdout: "", stderr: "" };
for (const name of ["stdout", "stderr"]) {
  process[name].write = (text) => {
    output[name] += typeof text === "string" ? text : Buffer.from(text).toString("utf8");
    return true;
  };
}

process.on("message", (args) => {
  output = { stdout: "", stderr: "" };
  const failed = (error) => {
    output.stderr += `${error.stack}\n`;
    return 99;
  };
  void main(args)
    .catch(failed)
    .then((code) => process.send({ code, signal: null, ...output }));
});
