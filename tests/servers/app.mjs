// The same as app.py, for Node.js, with what only Node.js is asked for: early hints and trailers.
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { gzipSync } from "node:zlib";

function note(method, tag) {
  if (!tag) return 0;
  const path = `${process.env.NOTES}/${tag}`;
  appendFileSync(path, `${method}\n`);
  return readFileSync(path, "utf8").split("\n").length - 1;
}

async function serve(request, response) {
  const wish = new URL(request.url, "http://any").searchParams;
  const number = (name) => Number(wish.get(name) ?? 0);
  const parts = [];
  if (!number("early")) for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const times = note(request.method, wish.get("tag"));
  await new Promise((done) => setTimeout(done, 1000 * number("seconds")));
  const status = number("fails") && times > number("fails") ? 200 : number("status") || 200;
  const kind = status >= 400 ? wish.get("kind") ?? "application/json" : "application/json";
  const told = {
    length: body.length, sha: createHash("sha256").update(body).digest("hex"), cookie: request.headers.cookie ?? "",
    host: request.headers.host, filling: "x".repeat(number("size")),
  };
  let content = Buffer.from(kind === "text/html" ? "<html><h1>Something went wrong</h1></html>" : JSON.stringify(told));
  if ([204, 304].includes(status)) content = Buffer.alloc(0);
  const headers = ["Content-Type", kind, "X-Elastic-Product", "Elasticsearch"];
  for (const header of wish.getAll("header")) headers.push(header.split(":")[0], header.slice(header.indexOf(":") + 1));
  if (wish.get("encoding") === "gzip") {
    content = gzipSync(content);
    headers.push("Content-Encoding", "gzip");
  }
  const framing = wish.get("framing") ?? "length";
  if (framing === "length" && content.length) headers.push("Content-Length", String(content.length));
  if (number("close")) headers.push("Connection", "close");
  if (number("hints")) response.writeEarlyHints({ link: "</style.css>; rel=preload" });
  if (framing === "trailers") headers.push("Trailer", "X-Sum");
  response.writeHead(status, headers);
  if (number("cut")) {
    response.write(content.subarray(0, 16384));
    return setTimeout(() => response.destroy(), 100);
  }
  if (framing === "trailers") response.addTrailers({ "X-Sum": "1" });
  for (let start = 0; start < content.length; start += 16384) response.write(content.subarray(start, start + 16384));
  response.end();
}

const modes = process.argv.slice(3);
const pem = process.env.CERTIFICATE && readFileSync(process.env.CERTIFICATE);
const version = ["1.2", "1.3"].find((one) => modes.includes(one));
const tls = {
  cert: pem, key: pem, ca: pem, requestCert: modes.includes("client"),
  ...(version && { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` }),
};
const server = pem ? https.createServer(tls, serve) : http.createServer(serve);
server.keepAliveTimeout = 1000;
server.keepAliveTimeoutBuffer = 0;
server.maxRequestsPerSocket = 5;
server.listen(Number(process.argv[2]), "127.0.0.1");
