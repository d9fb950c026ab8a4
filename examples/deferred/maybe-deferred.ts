// succeed() wraps a value that is there. maybeDeferred() calls a function of whatever kind, and what it returns,
// waits for, or throws comes out as one Deferred: the caller has a single path for all of them.
import { Deferred, maybeDeferred, succeed } from "poetry-deferred";

const cached = new Map([["ecstasy", "I have drunk ale from the Country of the Young"]]);

function fetchPoem(title: string): string | Deferred<string> {
  if (title === "") throw new RangeError("A poem needs a title");
  return cached.get(title) ?? succeed(`${title}, from far away`);
}

for (const title of ["ecstasy", "fascination", ""])
  maybeDeferred(fetchPoem, title).addCallbacks(
    (poem) => console.log(`Poem: ${poem}`),
    (failure) => console.log(`No poem: ${failure.getErrorMessage()}`),
  );

// succeed(fetchPoem("")) throws here, in the middle of the caller; nor may it be given what may be a Deferred already.
try {
  // @ts-expect-error -- of that the compiler tells
  succeed(fetchPoem(""));
} catch (error) {
  console.log(`Thrown at the caller: ${(error as Error).message}`);
}
