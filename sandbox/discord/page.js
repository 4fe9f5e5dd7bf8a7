// What is added to SimCord's page: it follows new messages, links to messages lead to them, each message has its Apps
// menu, and a form that is left unsent is gone.

const key = location.hash.slice(1);
const timeline = document.getElementById("channel-timeline");
const list = document.getElementById("channel-message-list");
const told = document.getElementById("action-status");
const NEW_MS = 1500;
const GROWN_MS = 500;
const MENU_ICON = `<svg viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor"
  d="M4 4h6v6H4zm10 0h6v6h-6zM4 14h6v6H4zm10 0h6v6h-6z"/></svg>`;

document.getElementById("channel-empty").textContent = "Nothing here yet. Type / below to see what can be asked.";

// ---- following

let isReading = false; // the person has scrolled up and done nothing since
let wasAtBottom = true; // before what is coming in made the list longer
let followUntil = 0;
let newest = 0n;

function follow() {
  if (isReading || performance.now() > followUntil) return;
  timeline.scrollTop = timeline.scrollHeight;
  requestAnimationFrame(follow); // pictures that load and SimCord's own scrolling move the end for a while
}

function followFor(milliseconds) {
  followUntil = performance.now() + milliseconds;
  follow();
}

function followNew() {
  const last = list.querySelector("article[data-message-id]:last-of-type");
  const id = BigInt(last?.dataset.messageId ?? 0);
  if (id <= newest) return;
  newest = id;
  followFor(NEW_MS);
}

new ResizeObserver(() => { if (wasAtBottom) followFor(GROWN_MS); }).observe(list);
timeline.addEventListener("scroll", () => {
  wasAtBottom = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 4;
  if (wasAtBottom) isReading = false;
}, { passive: true });
timeline.addEventListener("wheel", (event) => { if (event.deltaY < 0) isReading = true; }, { passive: true });
timeline.addEventListener("touchmove", () => { isReading = true; }, { passive: true });
timeline.addEventListener("pointerdown", () => { followUntil = 0; }); // nothing may move from under the pointer
document.addEventListener("click", () => {
  isReading = false;
  if (wasAtBottom) followFor(GROWN_MS); // SimCord draws a message anew when its menu opens, which moves the end
}, true);
document.addEventListener("keydown", () => { isReading = false; });

// ---- selects

let held = null; // the select just clicked: which, where it stood, and until when it is kept there

function hold() {
  if (!held || performance.now() > held.until) return;
  const select = [...list.querySelectorAll(".preview-select")].find((each) => each.dataset.controlKey === held.key);
  const moved = select ? select.getBoundingClientRect().top - held.top : 0;
  if (Math.abs(moved) > 1) timeline.scrollTop += moved;
}

// SimCord draws the channel anew when a select opens. Its pictures take a moment to have their height again, and a
// select that they push off the page meanwhile would close.
list.addEventListener("pointerdown", (event) => {
  const select = event.target.closest(".preview-select");
  const top = select?.getBoundingClientRect().top;
  held = select && { key: select.dataset.controlKey, top, until: performance.now() + GROWN_MS };
});
window.addEventListener("scroll", hold, true); // before SimCord looks
new ResizeObserver(hold).observe(list);

// ---- links

list.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="https://discord.com/channels/"]');
  const id = link?.href.split("/").pop();
  const message = id && list.querySelector(`article[data-message-id="${CSS.escape(id)}"]`);
  if (!message) return;
  event.preventDefault();
  followUntil = 0;
  message.scrollIntoView({ block: "start" });
});

// ---- what the page asks of its server

async function ask(body) {
  const context = window.simcordPreview.contextId;
  const answer = await fetch("/api/action", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Page-Request": "1",
      "X-Simcord-Capability": key,
      "X-Simcord-Context": context,
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// ---- forms

const form = document.getElementById("modal-root");
let handle = null;

new MutationObserver(() => {
  const left = handle;
  handle = window.simcordPreview.renderState.modalHandle;
  if (left && !handle) ask({ dismissed: left });
}).observe(form, { attributes: true, attributeFilter: ["hidden"] });

// ---- the Apps menu

let open = null;

function close() {
  open?.remove();
  open = null;
}

async function use(command, messageId) {
  close();
  told.textContent = `${command}…`;
  try {
    told.textContent = (await ask({ command, message_id: messageId })).told;
  } catch (error) {
    told.textContent = error.message;
  }
}

async function show(button, messageId) {
  close();
  const { right, bottom } = button.getBoundingClientRect();
  const { commands } = await ask({});
  const menu = document.createElement("div");
  menu.className = "apps-menu";
  menu.setAttribute("role", "menu");
  for (const command of commands) {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitem");
    item.textContent = command;
    item.addEventListener("click", () => use(command, messageId));
    menu.append(item);
  }
  if (!commands.length) menu.append("No apps here");
  document.body.append(menu);
  menu.style.left = `${Math.max(8, right - menu.offsetWidth)}px`;
  menu.style.top = `${Math.max(8, Math.min(bottom, innerHeight - menu.offsetHeight - 8))}px`;
  open = menu;
  menu.querySelector("button")?.focus();
}

function addMenus() {
  for (const bar of list.querySelectorAll(".message-context-actions:not(:has(.apps-button))")) {
    const messageId = bar.closest("article").dataset.messageId;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "message-action-button apps-button";
    button.title = "Apps";
    button.setAttribute("aria-label", "Apps");
    button.innerHTML = MENU_ICON;
    button.addEventListener("click", (event) => { event.stopPropagation(); show(button, messageId); });
    bar.append(button);
  }
}

document.addEventListener("click", (event) => { if (!open?.contains(event.target)) close(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
timeline.addEventListener("wheel", close, { passive: true });

new MutationObserver(() => { addMenus(); followNew(); }).observe(list, { childList: true, subtree: true });
