// Work that is not waited for any longer, and is cancelled then.

/**
 * A promise's value, or undefined if it takes more than some milliseconds.
 * @param start gets a signal that aborts then, or when `outer` does
 */
export async function inTime<Value>(
  start: (signal: AbortSignal) => Promise<Value>, milliseconds: number, outer?: AbortSignal,
): Promise<Value | undefined> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  outer?.addEventListener("abort", abort);
  if (outer?.aborted) abort();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => {
      done(undefined);
      abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([start(controller.signal), late]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}
