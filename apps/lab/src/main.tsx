import { render } from "preact";
import { App } from "./app.tsx";
import "./style.css";
import "./hands.css";

render(<App />, document.getElementById("lab") as HTMLElement);
