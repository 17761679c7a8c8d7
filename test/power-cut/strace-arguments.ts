/** What strace is run with, so that its output is what `strace-output.ts` reads. */

/** Calls that change files, or may. Those that the model does not know are watched for, and end the reading. */
const calls = [
  "open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,syncfs,sync",
  "ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat",
  "mmap,copy_file_range,sendfile,access",
].join(",");

/**
 * All threads and children; every string in hexadecimal and whole; each descriptor with its path. The calls that are not
 * traced do not stop the program.
 */
export function straceArguments(outputPath: string): readonly string[] {
  return [
    "-f",
    "--seccomp-bpf",
    "-y",
    "-xx",
    "-s",
    "33554432",
    "-e",
    `trace=${calls}`,
    "-e",
    "signal=none",
    "-o",
    outputPath,
  ];
}
