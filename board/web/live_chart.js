// Draws a plotly figure that changes while it is looked at: in place, so that nothing flickers and a
// zoom stays (Streamlit's own chart is made anew whenever its figure changes).

const config = {
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

export default async function ({ data, parentElement }) {
  const chart = parentElement.querySelector(".live-chart");
  chart.ariaLabel = data.title;
  const { data: traces, layout } = JSON.parse(data.figure);
  chart.style.height = `${layout.height}px`;
  layout.modebar = { bgcolor: "transparent", color: "#797979", activecolor: "#0072B2" };
  const Plotly = await plotly(data.plotly);
  await Plotly.react(chart, traces, layout, { ...config, responsive: true });
}
