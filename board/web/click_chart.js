// Draws a plotly figure and tells where it was clicked. Streamlit's own chart tells what plotly
// selected: never a cell of a heatmap, and on a touch screen the point that was touched before.

const config = { displayModeBar: false, responsive: true };

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

export default async function ({ data, parentElement, setTriggerValue }) {
  const chart = parentElement.querySelector(".click-chart");
  chart.ariaLabel = data.title;
  const { data: traces, layout } = JSON.parse(data.figure);
  chart.style.height = `${layout.height}px`;
  const Plotly = window.Plotly ?? (await plotly(data.plotly));
  await Plotly.react(chart, traces, layout, config);
  chart.removeAllListeners("plotly_click");
  chart.on("plotly_click", ({ points: [{ x, y }] }) => setTriggerValue("clicked", { x, y }));
}
