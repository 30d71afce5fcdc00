// Updates a plotly figure in place, without flicker: the zoom is kept, and clicks are reported.
// (Streamlit's own chart is rebuilt whenever its figure changes, and reports no clicks on the cells
// of a heatmap.)

const tools = {
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendDataToCloud", "toImage"],
};

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
  const chart = parentElement.querySelector(".live-chart");
  if (chart.drawn === data.figure) return;
  chart.drawn = data.figure;
  chart.ariaLabel = data.title;
  const { data: traces, layout } = JSON.parse(data.figure);
  chart.style.height = `${layout.height}px`;
  layout.modebar = { bgcolor: "transparent", color: "#797979", activecolor: "#0072B2" };
  const Plotly = await plotly(data.plotly);
  const config = data.clickable ? { displayModeBar: false } : tools;
  await Plotly.react(chart, traces, layout, { ...config, responsive: true });
  if (data.clickable) {
    chart.removeAllListeners("plotly_click");
    chart.on("plotly_click", ({ points: [{ x, y }] }) => setTriggerValue("clicked", { x, y }));
  }
}
