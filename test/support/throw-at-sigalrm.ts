/** Loaded into the compiled executable before its own code (BUN_OPTIONS): a bug that a test can trigger. */
process.on("SIGALRM", () => {
  throw new Error("thrown at SIGALRM");
});
