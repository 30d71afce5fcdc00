// Notifies of the end of a run if the tab is hidden. The permission is asked for by a click, never on
// load; without it, or without the API, nothing happens and nothing is shown.

const CHOICE = "notify-of-ended-runs";
const live = new Set(); // ids of the runs that this page has seen waiting or training
let chosen = stored();
let draw; // draws the newest button: a question for permission can outlast the one that was clicked

/** Whether the button was pressed in this browser; a page may be denied its storage. */
function stored() {
  try {
    return localStorage.getItem(CHOICE) === "yes";
  } catch {
    return false;
  }
}

function choose(value) {
  chosen = value;
  try {
    localStorage.setItem(CHOICE, value ? "yes" : "no");
  } catch {
    // it holds until the page is left
  }
}

const permission = () => globalThis.Notification?.permission ?? "denied";

function notify({ run, title, body }) {
  try {
    const shown = new Notification(title, { body, tag: run });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Chrome on Android has the API, but allows it to service workers only
  }
}

function follow(data) {
  if (data.live) live.add(data.run);
  else if (live.delete(data.run) && data.ended && document.hidden) {
    if (chosen && permission() === "granted") notify(data);
  }
}

export default function ({ data, parentElement }) {
  follow(data);
  const button = parentElement.querySelector("button");
  draw = () => {
    const on = chosen && permission() === "granted";
    // without a secure context the permission cannot be given
    button.hidden = !data.offered || !isSecureContext || permission() === "denied";
    button.title = button.ariaLabel = data.label;
    button.ariaPressed = String(on);
    button.firstElementChild.textContent = on ? "notifications_active" : "notifications";
  };
  button.onclick = async () => {
    const on = chosen && permission() === "granted";
    choose(!on && (await Notification.requestPermission()) === "granted");
    draw();
  };
  draw();
}
