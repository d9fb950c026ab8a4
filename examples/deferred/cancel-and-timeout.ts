// cancel() asks the producer of the result to stop: the canceller cleans up, and the Deferred fails with
// CancelledError. It reaches everything that the Deferred waits for. addTimeout() is a cancel by the clock.
import { CancelledError, Deferred, succeed, TimeoutError } from "poetry-deferred";

function connect(name: string): Deferred<string> {
  return new Deferred<string>(() => console.log(`Hanging up on ${name}`));
}

const request = succeed("request").addCallback(() => connect("localhost"));
request.addErrback((failure) => {
  failure.trap(CancelledError);
  console.log("Cancelled by hand");
});
request.cancel();

connect("a slow server")
  .addTimeout(5)
  .addErrback((failure) => {
    failure.trap(TimeoutError);
    console.log(failure.getErrorMessage());
    return "a poem by heart";
  })
  .addCallback((poem) => console.log(`Instead: ${poem}`));
