// Keeps a page up to date: fetches it again at the interval that the server suggests, replaces what
// has changed, and moves bars and times in between.

const LONGEST_PAUSE = 60; // seconds between two attempts while the server does not respond
const TIMEOUT = 10_000; // milliseconds for one response
const STEP = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 250; // milliseconds
const UNITS = [[1, "s"], [60, "min"], [3600, "h"], [86400, "d"]];

const main = document.querySelector("[data-refresh]");
let readAt = performance.now();
let failures = 0;
let timer;

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
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
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
  announce(fresh);
  for (const region of document.querySelectorAll("[data-live]")) {
    update(region, fresh.getElementById(region.id));
  }
  document.title = fresh.title;
  main.dataset.refresh = fresh.querySelector("main").dataset.refresh ?? "";
  main.dataset.speed = fresh.querySelector("main").dataset.speed ?? 1;
  readAt = performance.now();
  animate();
}

async function refresh() {
  clearTimeout(timer);
  try {
    const response = await fetch(location.href, {
      headers: { Accept: "text/html" },
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.redirected || response.status === 404) {
      location.replace(response.url); // the key is required, or the job was deleted
      return;
    }
    if (!response.ok) throw new Error(response.statusText);
    show(new DOMParser().parseFromString(await response.text(), "text/html"));
    failures = 0;
  } catch {
    failures += 1;
  }
  document.getElementById("offline").hidden = failures === 0;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  const seconds = failures
    ? Math.min(LONGEST_PAUSE, 2 ** (failures - 1))
    : Number(main.dataset.refresh);
  if (seconds && !document.hidden) timer = setTimeout(refresh, seconds * 1000);
}

// Cancels in the background, so that text in the form is kept. If that fails, submits the form as
// usual, and the next page shows the reason.
async function cancel(event) {
  const form = event.target.closest("form.cancel");
  if (!form) return;
  event.preventDefault();
  const response = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch(() => null);
  if (response?.ok) await refresh();
  else form.submit();
}

if (main) {
  setInterval(() => document.hidden || animate(), STEP);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && main.dataset.refresh) refresh();
  });
  document.addEventListener("submit", cancel);
  schedule();
}
