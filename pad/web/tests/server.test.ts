import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../src/recognition/server.ts";

const REQUEST = { model: "default" };

test("a function is a request with a signal, and its reply is JSON", async (context) => {
  const reply = { error: "busy", busy: true };
  const fetched = context.mock.method(globalThis, "fetch", async () => Response.json(reply));
  const { signal } = new AbortController();
  const server = connect("http://pad.test/root/functions/");
  assert.deepEqual(await server.describe_model(REQUEST, signal), reply);
  const [address, options] = fetched.mock.calls[0].arguments as [string, RequestInit];
  assert.equal(address, "http://pad.test/root/functions/describe_model");
  assert.deepEqual([options.method, options.body], ["POST", JSON.stringify(REQUEST)]);
  assert.equal(options.signal, signal);
});

test("a status that is no success is no reply", async (context) => {
  context.mock.method(globalThis, "fetch", async () => new Response("", { status: 503 }));
  await assert.rejects(connect("http://pad.test/").describe_model(REQUEST), /503/);
});
