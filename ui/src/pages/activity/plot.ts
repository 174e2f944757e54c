/** Draws lines over time with uPlot. Loaded when the first chart is shown, so that other pages do without it. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Line {
  values: (number | null)[];
  /** The name of a colour in tokens.css. */
  colour: string;
  kind: 'area' | 'line' | 'dashed' | 'bars';
}

export interface Drawing {
  seconds: number[];
  lines: Line[];
  /** How a value is written at the axis. */
  label: (value: number) => string;
  timeLabel: (seconds: number) => string;
  /** The stretch under the pointer, or null. */
  point: (at: number | null) => void;
}

export interface Plot {
  update(drawing: Drawing): void;
  resize(width: number): void;
  destroy(): void;
}

/** Room for "12.4 s" beside the axis. */
const AXIS_WIDTH = 52;

/** Draws into `target`, with the colours that hold now. */
export function plot(target: HTMLElement, drawing: Drawing, width: number, height: number): Plot {
  let current = drawing;
  const style = getComputedStyle(target);
  const colour = (name: string) => resolved(target, style.getPropertyValue(`--${name}`));
  const axis = {
    stroke: colour('text-3'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width,
    height,
    legend: { show: false },
    // The label below the last stretch reaches beyond it.
    padding: [8, 32, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: { y: { range: (_, __, most) => [0, niceTop(most)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 22,
        space: 72,
        values: (_, ticks) => ticks.map((tick) => current.timeLabel(tick)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        space: 34,
        values: (_, ticks) => ticks.map((tick) => current.label(tick)),
      },
    ],
    series: [{}, ...drawing.lines.map((line) => seriesOf(line, colour))],
    hooks: { setCursor: [(self) => current.point(self.cursor.idx ?? null)] },
  };
  const chart = new uPlot(options, dataOf(drawing), target);
  return {
    update(next) {
      current = next;
      chart.setData(dataOf(next));
    },
    resize: (to) => chart.setSize({ width: to, height }),
    destroy: () => chart.destroy(),
  };
}

function dataOf({ seconds, lines }: Drawing): uPlot.AlignedData {
  return [seconds, ...lines.map((line) => line.values)];
}

/** A scale needs a top, even when nothing happened. */
function niceTop(most: number | null): number {
  return most === null || most <= 0 ? 1 : most * 1.1;
}

function seriesOf({ colour: name, kind }: Line, colour: (name: string) => string): uPlot.Series {
  const stroke = colour(name);
  const series: uPlot.Series = {
    stroke,
    width: 1.5,
    points: { show: kind === 'line' || kind === 'dashed', size: 3, fill: stroke },
  };
  if (kind === 'area') return { ...series, fill: colour('accent-soft') };
  if (kind === 'dashed') return { ...series, dash: [4, 3] };
  if (kind === 'bars')
    return { ...series, fill: stroke, width: 0, paths: uPlot.paths.bars?.({ size: [0.7, 12] }) };
  return series;
}

/** `light-dark(…)` as the one colour that holds: a canvas does not know the other. */
function resolved(beside: HTMLElement, colour: string): string {
  const probe = document.createElement('span');
  probe.style.color = colour;
  beside.append(probe);
  const plain = getComputedStyle(probe).color;
  probe.remove();
  return plain;
}
