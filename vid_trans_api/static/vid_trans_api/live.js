// Keeps a page up to date: asks whether it has changed, which the server answers once it has, fetches
// it again if it is due to be rendered again, replaces what has changed, and moves bars and times.

const WAIT = 20; // seconds for which the server may wait for a change
const POLL = 1.5; // seconds between two polls, the server's wait included
const SHORTEST_VALIDITY = 5; // seconds; estimates drift, but not that fast
const LOAD = 1 / 4; // the largest share of the time that the server works for these polls
const LONGEST_PAUSE = 60; // seconds between two attempts while the server does not respond
const TIMEOUT = 10_000; // milliseconds for one response, beside the server's wait
const STEP = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 250; // milliseconds
const UNITS = [[1, "s"], [60, "min"], [3600, "h"], [86400, "d"]];

const main = document.querySelector("[data-refresh]");
let readAt = performance.now();
let failures = 0;
let timer;
let current = null; // the AbortController of the request that counts
let etag = main?.dataset.etag; // of what is shown
let validUntil = performance.now() + validity(); // when to fetch the page in any case

// The next three functions format times in the same way as web/formatting.py.

export function duration(seconds) {
  const [size, unit] = UNITS.find(([size]) => seconds / size < 99.5) ?? UNITS.at(-1);
  return `${Math.floor(seconds / size + 0.5)} ${unit}`;
}

export function left(seconds) {
  return seconds < 0.5 ? "any moment now" : `about ${duration(seconds)} left`;
}

export function span(lowest, highest) {
  const [low, high] = [duration(lowest), duration(highest)];
  if (low === high) return "";
  const unit = high.split(" ")[1];
  return `${low.endsWith(unit) ? low.slice(0, -unit.length).trimEnd() : low}–${high}`;
}

function animate() {
  const speed = Number(main.dataset.speed ?? 1); // of the workspace's clock
  const passed = ((performance.now() - readAt) / 1000) * speed;
  for (const run of document.querySelectorAll("[data-estimate]")) {
    const [elapsed, estimate, low, high] =
      ["elapsed", "estimate", "low", "high"].map((name) => Number(run.dataset[name]));
    const remaining = Math.max(0, estimate - passed);
    const total = elapsed + passed + remaining;
    const share = total ? (elapsed + passed) / total : 1;
    const bar = run.querySelector("progress");
    bar.value = Math.max(bar.value, Math.min(share, 0.99));
    write(run.querySelector(".percent"), `${Math.floor(bar.value * 100)} %`);
    write(run.querySelector(".left"), left(remaining));
    write(run.querySelector(".range"), span(Math.max(0, low - passed), Math.max(0, high - passed)));
  }
  for (const age of document.querySelectorAll("[data-age]")) {
    write(age, `${duration(Number(age.dataset.age) + passed)} ago`);
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Returns the milliseconds for which the page is current unless its ETag changes.
function validity() {
  return Math.max(SHORTEST_VALIDITY, Number(main?.dataset.refresh)) * 1000;
}

// Shows instants in the viewer's time zone. Ages get the instant as their tooltip.
function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const instant = new Date(time.dateTime).toLocaleString([], {
      year: "numeric", month: "short", day: "numeric",
      hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
    });
    if (time.dataset.age) time.title = instant;
    else time.textContent = instant;
  }
}

// Makes `old` equal to `fresh`. Keeps nodes if possible, so that focus and playback continue.
function update(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  const shown = old.nodeName === "PROGRESS" && fresh.closest("[data-estimate]") ? old.value : 0;
  const isTheViewers = (name) => name === "open" && old.nodeName === "DETAILS"; // a fold stays as it is
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isTheViewers(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isTheViewers(name)) old.setAttribute(name, value);
  }
  if (shown > old.value) old.value = shown; // a bar never moves backwards
  updateChildren(old, fresh);
}

// Matches children by id, and children without an id by position.
function updateChildren(old, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  const known = new Map();
  for (const child of [...old.children]) {
    if (child.id && wanted.has(child.id)) known.set(child.id, child);
    else if (child.id) child.remove();
  }
  let place = old.firstChild;
  const drop = () => {
    const next = place.nextSibling;
    place.remove();
    place = next;
  };
  for (const child of [...fresh.childNodes]) {
    const match = child.id ? known.get(child.id) : place?.id ? null : place;
    if (!match) {
      old.insertBefore(child, place);
      continue;
    }
    while (place && place !== match && !place.id) drop();
    if (place === match) place = place.nextSibling;
    else old.insertBefore(match, place);
    update(match, child);
  }
  while (place) drop();
}

// Tells screen readers which jobs have changed their status.
function announce(fresh) {
  const changed = [...fresh.querySelectorAll("[data-status]")].filter((job) => {
    const old = document.getElementById(job.id);
    return old && old.dataset.status !== job.dataset.status;
  });
  if (changed.length) {
    document.getElementById("announcement").textContent =
      changed.map((job) => job.dataset.name).join(". ");
  }
}

function show(fresh) {
  localize(fresh);
  announce(fresh);
  for (const region of document.querySelectorAll("[data-live]")) {
    update(region, fresh.getElementById(region.id));
  }
  document.title = fresh.title;
  main.dataset.refresh = fresh.querySelector("main").dataset.refresh ?? "";
  main.dataset.speed = fresh.querySelector("main").dataset.speed ?? 1;
  readAt = performance.now();
  validUntil = readAt + validity();
  animate();
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

// Asks for the page. Replaces a request that still waits: only the newest one counts.
async function refresh() {
  stop();
  const request = (current = new AbortController());
  const startedAt = performance.now();
  const wait = etag ? Math.min(WAIT, Math.floor((validUntil - startedAt) / 1000)) : 0;
  const timeout = setTimeout(() => request.abort(), Math.max(0, wait) * 1000 + TIMEOUT);
  let waited = 0;
  try {
    const response = await fetch(location.href, {
      headers: {
        Accept: "text/html",
        ...(wait > 0 ? { "If-None-Match": etag, Prefer: `wait=${wait}` } : {}),
      },
      cache: "no-store",
      signal: request.signal,
    });
    if (response.redirected || response.status === 404) {
      location.replace(response.url); // the key is required, or the job was deleted
      return;
    }
    const html = await response.text();
    if (request !== current) return;
    if (response.status !== 304) {
      if (!response.ok) throw new Error(response.statusText);
      show(parse(html));
      etag = response.headers.get("ETag") ?? "";
    }
    waited = waitedFor(response);
    failures = 0;
  } catch {
    if (request !== current) return;
    failures += 1;
  } finally {
    clearTimeout(timeout);
  }
  document.getElementById("offline").hidden = failures === 0;
  schedule((performance.now() - startedAt) / 1000, waited);
}

function stop() {
  clearTimeout(timer);
  const request = current;
  current = null;
  request?.abort();
}

// Returns the seconds for which the server has waited for a change.
function waitedFor(response) {
  return Number(/wait;dur=([\d.]+)/.exec(response.headers.get("Server-Timing"))?.[1] ?? 0) / 1000;
}

// `took` is the seconds that the last response took, and `waited` those for which the server waited
// for a change. A busy server is asked less often.
function schedule(took = 0, waited = 0) {
  clearTimeout(timer);
  const seconds = failures
    ? Math.min(LONGEST_PAUSE, 2 ** (failures - 1))
    : Math.max(POLL - waited, (took - waited) / LOAD);
  if (!document.hidden) timer = setTimeout(refresh, seconds * 1000);
}

function post(form) {
  return fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "text/html" },
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch(() => null);
}

// Submits a form in the background, so that text that was typed is kept. If that fails, the form is
// submitted as usual, and the next page shows the reason.
async function submit(event) {
  const form = event.target;
  const isQuiet = "quiet" in form.dataset;
  if (!isQuiet && form.id !== "create") return;
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  const response = await post(form);
  form.ariaBusy = null;
  if (isQuiet && response?.ok) await refresh();
  else if (isQuiet || ![200, 400, 410].includes(response?.status)) form.submit();
  else await showStarted(form, response);
}

// Shows that the form has started a job, or why it has not.
async function showStarted(form, response) {
  const fresh = parse(await response.text());
  const freshForm = fresh.getElementById("create");
  if (!freshForm) {
    location.assign(response.url); // the key is required
    return;
  }
  const hasErrors = (root) => root.querySelector("[role=alert]");
  if (response.ok && !hasErrors(form)) {
    update(document.getElementById("started"), fresh.getElementById("started"));
  } else {
    update(form, freshForm);
  }
  document.title = fresh.title;
  if (response.ok) {
    await refresh();
  } else {
    form.querySelector("[role=alert]").scrollIntoView({ block: "nearest" });
    const wrong = form.querySelector("[autofocus]");
    wrong?.closest("details")?.setAttribute("open", "");
    wrong?.focus();
  }
}

localize(document);
if (main) {
  setInterval(() => document.hidden || animate(), STEP);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else refresh();
  });
  document.addEventListener("submit", submit);
  schedule();
}
