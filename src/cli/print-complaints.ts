import { formatComplaint, type FileComplaint } from "../process/config/complaint.ts";
import { print } from "./print.ts";

const EXIT_USAGE = 2;

/** Prints what is wrong with configuration files, a line for each mistake. Gives the exit code. */
export async function printComplaints(complaints: readonly FileComplaint[]): Promise<number> {
  await print(2, complaints.map((each) => `${formatComplaint(each)}\n`).join(""));
  return EXIT_USAGE;
}
