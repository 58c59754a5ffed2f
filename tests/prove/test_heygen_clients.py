"""Real programs of HeyGen's API from npm work, with nothing changed but where requests go."""

import json
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest

from tests.prove.installation.conftest import TIMEOUT
from tests.server_fixtures import ServerPair

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="needs node and npm"
)

REDIRECT = """
    const [, , server, key] = process.argv;
    const send = globalThis.fetch;
    const redirected = (url) => String(url).replace("https://api.heygen.com", server);
    globalThis.fetch = (url, options) => send(redirected(url), options);

    async function control(path, method, body) {
      const headers = { "X-Api-Key": key, "Content-Type": "application/json" };
      const options = { method, headers, body: JSON.stringify(body) };
      const response = await send(`${server}/vid_trans_api/simulation/${path}`, options);
      if (!response.ok) throw new Error(await response.text());
    }
    async function advance(seconds) {
      await control("clock", "POST", { advance: seconds });
    }
"""
"""Leads requests to the server, and controls the workspace: arguments are its URL and a key."""

SDK = {"@teamduality/heygen-typescript-sdk": "0.4.3"}
SDK_PROGRAM = """
    import { HeygenSDK } from "@teamduality/heygen-typescript-sdk";
    %s
    const sdk = new HeygenSDK(key).videos.translation;
    const caught = (call) => call.then(
      () => null, (error) => [error.name, error.statusCode, error.message],
    );
    const create = (name, more) => sdk.translate({
      video_url: `https://sim.test/${name}.mp4?duration=600`, output_language: "Spanish", ...more,
    });
    await control("clock", "POST", { freeze: true });

    const { languages } = await sdk.listLanguages();
    const { video_translate_id: id } = await create("ok", {
      title: "A talk", enable_dynamic_duration: true, brand_voice_id: "brand",
    });
    const failing = await create("bad-audio");
    const seen = [await sdk.getStatus(id)];
    for (const seconds of [100, 500]) {
      await advance(seconds);
      seen.push(await sdk.getStatus(id));
    }
    const video = await fetch(seen[2].url);
    const failed = await sdk.getStatus(failing.video_translate_id);
    const masked = await create("masked-error");
    await sdk.getStatus(masked.video_translate_id);
    console.log(JSON.stringify({
      languages: languages.length,
      statuses: seen.map((job) => job.status),
      urls: seen.map((job) => job.url !== null),
      title: seen[2].title,
      video: [video.status, video.headers.get("Content-Type")],
      failed: [failed.status, failed.message],
      masked: (await sdk.getStatus(masked.video_translate_id)) ?? null,
      unknown: await caught(sdk.getStatus("unknown")),
      moderated: await caught(create("moderated")),
      language: await caught(create("ok", { output_language: "es" })),
    }));
"""

WRONG_LANGUAGE = (
    "output_language: 'es' is not a valid choice; choose one of 178, such as English, Spanish,"
    " French, Hindi, Italian."
)

NODE = {"@heygenofficial/n8n-nodes-heygen-official": "0.1.9"}
N8N_WORKFLOW = """
    class NodeError extends Error {
      constructor(node, error) { super(error.message ?? error); this.cause = error; }
    }
    module.exports = {
      NodeApiError: NodeError, NodeOperationError: NodeError, NodeConnectionTypes: {},
    };
"""
"""As much of n8n as HeyGen's node loads."""

NODE_PROGRAM = """
    const root = "./node_modules/@heygenofficial/n8n-nodes-heygen-official/dist/nodes/Heygen";
    const { HeygenNode } = require(`${root}/HeygenNode.node.js`);
    %s
    async function request(options) {
      const isJson = options.json === true;
      const response = await fetch(options.url, {
        method: options.method,
        headers: { ...options.headers, ...(isJson ? { "Content-Type": "application/json" } : {}) },
        body: isJson ? JSON.stringify(options.body) : options.body,
      });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    }
    async function run(operation, parameters, binary) {
      const all = { authentication: "apiKey", operation, ...parameters };
      const [[item]] = await new HeygenNode().execute.call({
        getInputData: () => [{ json: {}, binary }],
        getNodeParameter: (name, _, fallback) => (name in all ? all[name] : fallback),
        getCredentials: async () => ({ apiKey: key }),
        getNode: () => ({ name: "HeyGen" }),
        continueOnFail: () => true,
        helpers: { httpRequest: request, httpRequestWithAuthentication: (_, o) => request(o) },
      });
      return item.json;
    }
    async function main() {
      const path = "/v3/video-translations";
      const job = { videoUrl: "https://sim.test/ok.mp4?duration=600" };
      await control("clock", "POST", { freeze: true });
      const created = await run("translateVideo", {
        ...job,
        useMultipleLanguages: true,
        outputLanguages: ["Spanish", "French"],
        additionalFields: { title: "A talk", mode: "precision", enableCaption: true },
      });
      const ids = created.data.video_translation_ids;
      await advance(600);
      const ended = await request({
        url: `${server}${path}/${ids[1]}`, headers: { "X-Api-Key": key },
      });
      const language = await run("translateVideo", { ...job, outputLanguage: "es" });
      const video = JSON.parse(ended).data;
      const bytes = Buffer.from(await (await fetch(video.video_url)).arrayBuffer());
      const uploaded = await run(
        "uploadAssets",
        { binaryData: true, binaryPropertyName: "data" },
        { data: { data: bytes.toString("base64"), fileName: "talk" } },
      );
      console.log(JSON.stringify({
        ids: ids.map((id) => id.slice(32)),
        ended: [video.status, video.title, video.output_language, "srt_caption_url" in video],
        language: JSON.parse(language.error).error,
        uploaded: [uploaded.data.mime_type, uploaded.data.size_bytes === bytes.length],
      }));
    }
    main();
"""


def run(*words: str, folder: Path) -> str:
    """Run a program, which must succeed, and return its output."""
    ran = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def printed_by(
    program: str, packages: dict[str, str], server: str, *, folder: Path, suffix: str
) -> Any:
    """Install packages of npm, run a program that uses them, and return the JSON it prints."""
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": packages}))
    (folder / f"program.{suffix}").write_text(dedent(program) % dedent(REDIRECT))
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps")
    run("npm", "install", *options, folder=folder)
    if suffix == "cjs":
        stub = folder / "node_modules" / "n8n-workflow"
        stub.mkdir()
        (stub / "index.js").write_text(dedent(N8N_WORKFLOW))
    return json.loads(run("node", f"program.{suffix}", server, uuid4().hex, folder=folder))


def test_typescript_sdk_for_v2_works(servers: ServerPair, tmp_path: Path) -> None:
    server = servers.production.url

    printed = printed_by(SDK_PROGRAM, SDK, server, folder=tmp_path, suffix="mjs")

    assert printed == {
        "languages": 178,
        "statuses": ["pending", "running", "success"],
        "urls": [False, False, True],
        "title": "A talk",
        "video": [200, "video/mp4"],
        "failed": [
            "failed",
            "Your video's audio is missing or corrupted, please try with another video",
        ],
        "masked": None,  # it takes an error with status 200 for a success without data
        "unknown": ["APIError", 404, "There is no translation 'unknown' here."],
        "moderated": ["APIError", 400, "The content policy does not allow this video."],
        "language": ["APIError", 400, WRONG_LANGUAGE],
    }


def test_node_for_n8n_works(servers: ServerPair, tmp_path: Path) -> None:
    server = servers.production.url

    printed = printed_by(NODE_PROGRAM, NODE, server, folder=tmp_path, suffix="cjs")

    assert printed["ids"] == ["-es", "-fr"]
    assert printed["ended"] == ["completed", "A talk", "French", True]
    assert printed["uploaded"] == ["video/mp4", True]
    assert printed["language"]["code"] == "invalid_parameter"
    assert printed["language"]["param"] == "output_languages.0"
