#!/usr/bin/env node
// The command's entry: says clearly when Node.js is too old, before anything newer is loaded.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (!((major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26)) {
  console.error(`quorate needs Node.js 22.18+, 24.11+ or 26+ (not 23 or 25), and this is ${process.version}.`);
  console.error("In a clone of the repository, `npm start` and `npx quorate` use the Node.js that it pins.");
  process.exit(1);
}

// Whoever reads our output may have seen enough (`quorate ... | head`). End then as SIGPIPE ends other programs: without a
// word, and not with 0, since a verdict that nobody heard is not a good one.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(128 + 13);
});

let cli;
try {
  // The package itself by name, so that `--conditions=@quorate/source` runs the TypeScript sources.
  cli = await import("quorate");
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(`quorate is not built (${error.message}).`);
  console.error("In a clone of the repository, run `npm start`, or `npm install && npm run build`.");
  process.exit(1);
}
process.exitCode = await cli.main(process.argv.slice(2));
