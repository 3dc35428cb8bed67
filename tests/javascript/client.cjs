// Calls the vendor's own JavaScript client, unmodified, as it is told on standard input; tells what came of it.
//
// In: {"url", "auth": {"apiKey", "siteId"}, "host"?, "calls": [[method, ...arguments], ...]}. The method `query` takes
// rows of [name, ...arguments] for the client's query builder, and walks all pages, on and then back.
// Out: a row of {"value"} or {"error": {"message", "status", "details"}}, one for each call.
const { createRequire } = require("node:module");
const path = require("node:path");
const load = createRequire(path.join(process.argv[2], "from-here.js"));
const { createClient, ApiKeyStrategy } = load("@wix/sdk");
const movementJobs = load("@wix/auto_sdk_data_movement-jobs");

async function walked(jobs, rows) {
  let builder = jobs.queryJobs();
  for (const [name, ...args] of rows) builder = builder[name](...args);
  let page = await builder.find();
  const pages = [page.items];
  while (page.hasNext()) {
    page = await page.next();
    pages.push(page.items);
  }
  const back = [page.items];
  while (page.hasPrev()) {
    page = await page.prev();
    back.unshift(page.items);
  }
  return { pages, back };
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const told = JSON.parse(Buffer.concat(chunks).toString());
  const { jobs } = createClient({
    modules: { jobs: movementJobs },
    auth: ApiKeyStrategy(told.auth),
    ...(told.host ? { host: { apiBaseUrl: told.host } } : {}),
    fetch: (url, init) => fetch(String(url).replace(/^https:\/\/[^/]+/, told.url), init),
  });
  const results = [];
  for (const [method, ...args] of told.calls) {
    try {
      results.push({ value: method === "query" ? await walked(jobs, args[0]) : await jobs[method](...args) });
    } catch (error) {
      results.push({ error: { message: error.message, details: error.details, status: error.httpCode ?? error.status } });
    }
  }
  process.stdout.write(JSON.stringify(results));
}

main();
