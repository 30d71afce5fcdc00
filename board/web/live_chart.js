// Updates a plotly figure in place, without flicker: the zoom is kept, and clicks are reported.
// (Streamlit's own chart is rebuilt whenever its figure changes, and reports no clicks on the cells
// of a heatmap.)
//
// A chart has the width of its place, whatever changes that, and the colours of the page's scheme.
// Points can show an image beside the pointer, which plotly's own labels cannot.

const FULL_SCREEN = "M3 3h6v2H5v4H3zM15 3h6v6h-2V5h-4zM3 15h2v4h4v2H3zM19 15h2v6h-6v-2h4z";
const charts = new Set();

let loading;

function plotly(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error(`${url} cannot be loaded`));
    document.head.append(script);
  });
  return loading;
}

const app = () => document.querySelector("[data-testid=stApp]") ?? document.body;

/** Whether the page has a dark background. */
function isDark() {
  const [red, green, blue] = getComputedStyle(app()).backgroundColor.match(/\d+/g).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** The figure of a JSON text, with other colours where `colours` has some; texts stay. */
function parse(text, colours) {
  const isText = (key) => key === "name" || key === "text";
  return JSON.parse(text, (key, value) => (isText(key) ? value : colours[value] ?? value));
}

// plotly compares its options by identity: with new ones it would draw anew, without the zoom
const OPTIONS = {
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
  modeBarButtonsToAdd: [
    {
      name: "Full screen",
      icon: { width: 24, height: 24, path: FULL_SCREEN },
      click: (chart) =>
        document.fullscreenElement ? document.exitFullscreen() : chart.requestFullscreen(),
    },
  ],
};
const OPTIONS_OF_CLICKABLE = { displayModeBar: false };

const TOOLBAR = 26; // pixels: its height, which live_chart.css has as well

/** Move the toolbar below the chart if it covers a text there: a label or a title of an axis. */
function placeToolbar(chart) {
  const moved = chart.classList.contains("toolbar-below") ? TOOLBAR : 0;
  const box = (element) => element.getBoundingClientRect();
  const groups = [...chart.querySelectorAll(".modebar-group")].map(box);
  const texts = [...chart.querySelectorAll(".main-svg text")].map(box);
  const isCovered = ({ left, right, top, bottom }) =>
    groups.some(
      (group) =>
        group.left < right && left < group.right && group.top - moved < bottom && top < group.bottom - moved,
    );
  chart.classList.toggle("toolbar-below", texts.some(isCovered));
}

const PICTURE = 84; // pixels on the screen

/** Show the image of a point beside it, on the side where there is room. */
function showImage(chart, point) {
  const { address, columns, rows } = chart.input.images;
  const index = point.customdata;
  chart.picture ??= Object.assign(document.createElement("div"), { className: "picture" });
  chart.append(chart.picture);
  const { x0, x1, y0, y1 } = point.bbox;
  const left = x1 + PICTURE + 16 < chart.clientWidth ? x1 + 8 : x0 - PICTURE - 8;
  const top = (y0 + y1) / 2 < chart.clientHeight / 2 ? y1 + 16 : y0 - PICTURE - 16;
  Object.assign(chart.picture.style, {
    width: `${PICTURE}px`,
    height: `${PICTURE}px`,
    left: `${left}px`,
    top: `${top}px`,
    backgroundImage: `url("${address}")`,
    backgroundSize: `${columns * PICTURE}px ${rows * PICTURE}px`,
    backgroundPosition: `${-(index % columns) * PICTURE}px ${-Math.floor(index / columns) * PICTURE}px`,
  });
}

function listen(chart) {
  const on = (event, act) => {
    chart.removeAllListeners(event);
    chart.on(event, act);
  };
  if (chart.input.clickable) {
    on("plotly_click", ({ points: [{ x, y }] }) => chart.report("clicked", { x, y }));
  }
  if (chart.input.images) {
    on("plotly_hover", ({ points: [point] }) => showImage(chart, point));
    on("plotly_unhover", () => chart.picture?.remove());
  }
}

async function draw(chart) {
  const { title, figure, colours, plotly: url, clickable } = chart.input;
  const dark = isDark();
  if (chart.drawn === figure && chart.dark === dark) return;
  [chart.drawn, chart.dark] = [figure, dark];
  chart.ariaLabel = title;
  const { data: traces, layout } = parse(figure, dark ? colours : {});
  chart.style.height = `${layout.height}px`;
  const { color } = layout.template.layout.font;
  const bgcolor = getComputedStyle(app()).backgroundColor;
  layout.modebar = { bgcolor, color, activecolor: layout.template.layout.colorway[0] };
  const Plotly = await plotly(url);
  await Plotly.react(chart, traces, layout, clickable ? OPTIONS_OF_CLICKABLE : OPTIONS);
  chart.laidOut = chart.clientWidth;
  placeToolbar(chart);
  listen(chart);
}

// plotly itself notices a new size of the window only
const sizes = new ResizeObserver((entries) => {
  for (const { target: chart } of entries) {
    const width = chart.clientWidth;
    if (!width || !chart.laidOut || chart.laidOut === width) continue;
    chart.laidOut = width;
    window.Plotly.Plots.resize(chart).then(() => placeToolbar(chart));
  }
});

new MutationObserver(() => {
  for (const chart of charts) if (chart.isConnected) draw(chart);
}).observe(app(), { attributes: true, attributeFilter: ["class"] });

document.addEventListener("fullscreenchange", () => {
  for (const chart of charts) {
    if (!chart.laidOut) continue;
    const filled = document.fullscreenElement === chart;
    chart.style.background = filled ? getComputedStyle(app()).backgroundColor : "";
    // without `autosize`, plotly keeps the width when it is given a height
    const height = filled ? innerHeight : parseInt(chart.style.height);
    window.Plotly.relayout(chart, { height, autosize: true });
  }
});

export default function ({ data, parentElement, setTriggerValue }) {
  const chart = parentElement.querySelector(".live-chart");
  [chart.input, chart.report] = [data, setTriggerValue];
  charts.add(chart);
  sizes.observe(chart);
  draw(chart).catch((error) => {
    chart.textContent = error.message;
  });
  return () => {
    charts.delete(chart);
    sizes.unobserve(chart);
  };
}
