// Promises that are not waited for any longer.

/** A promise's value, or undefined if it takes more than some milliseconds. */
export async function inTime<Value>(
  promise: Promise<Value>, milliseconds: number,
): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
