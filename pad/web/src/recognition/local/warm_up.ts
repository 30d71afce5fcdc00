// Runs a model until the browser has compiled what runs it for speed: its first code, which is there
// sooner, takes five times as long.

const RUNS = 250; // after which V8 and onnxruntime-web's WebAssembly are at full speed
const PAUSE = 20; // milliseconds between them, so that other pages are not slowed down

const wait = (time: number) => new Promise<void>((done) => { setTimeout(done, time); });

/**
 * @param run the model, once
 * @param busy something is asked, or was a moment ago; it is not kept waiting
 */
export async function warmUp(
  run: () => Promise<unknown>, busy: () => boolean, pause = wait,
): Promise<void> {
  for (let runs = 0; runs < RUNS; runs++) {
    do await pause(PAUSE); while (busy());
    await run();
  }
}
