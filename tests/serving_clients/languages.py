"""The seven languages of the tutorial's clients: what each needs, and how its client is compiled and started.

Everything comes from Debian: ``g++ libcpp-httplib-dev nlohmann-json3-dev``, ``default-jdk-headless libokhttp-java
libjackson2-databind-java``, ``golang-go``, ``mono-mcs libmono-system-net-http4.0-cil libnewtonsoft-json5.0-cil``,
``nodejs node-axios``, ``php-cli php-curl``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
JAVA = Path("/usr/share/java")
JARS = tuple(
    JAVA / f"{name}.jar" for name in ("okhttp", "okio", "jackson-databind", "jackson-core", "jackson-annotations")
)
NODE_MODULES = Path("/usr/share/nodejs")
NEWTONSOFT = Path("/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll")
CLASS_PATH = os.pathsep.join([".", *map(str, JARS)])
INCLUDE = Path("/usr/include")
HTTPLIB = [f"-DCPPHTTPLIB_{what}_SUPPORT" for what in ("OPENSSL", "ZLIB", "BROTLI")]
"""What Debian's library was built with: without these its objects are larger than those that the client makes."""
COMPILE_S = 300
"""The largest takes a minute on one busy core."""
RUN_S = 120


@dataclass(frozen=True)
class Language:
    """A language, and the client written in it."""

    name: str
    source: str
    run: Sequence[str]
    compile: Sequence[str] = ()
    programs: Sequence[str] = ()
    """Found on the search path."""
    files: Sequence[Path] = ()
    """Libraries, where Debian puts them."""
    check: Sequence[str] = ()
    """A command that fails where a library is missing that is no file."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the commands find in their environment."""

    def missing(self) -> list[str]:
        """Return what is needed and not there."""
        found = [name for name in self.programs if shutil.which(name) is None]
        found += [str(file) for file in self.files if not file.exists()]
        if not found and self.check and subprocess.run(self.check, capture_output=True, check=False).returncode:
            found.append(" ".join(self.check))
        return found

    def build(self, folder: Path) -> None:
        """Compile the client into a folder, or copy it there."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / self.source, folder / self.source)
        if self.compile:
            self._started(self.compile, folder, COMPILE_S)

    def read(self, folder: Path, url: str, image: Path, pictures: Path) -> list[str]:
        """Return the lines that the client prints about an image; it saves its pictures in a folder."""
        return self._started([*self.run, url, str(image), str(pictures)], folder, RUN_S).splitlines()

    def _started(self, command: Sequence[str], folder: Path, seconds: float) -> str:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, (
            f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
        return done.stdout


LANGUAGES = (
    Language("Python", "client.py", [sys.executable, "-X", "utf8", "client.py"]),
    Language(
        "C++",
        "client.cpp",
        ["./client"],
        ["g++", "-std=c++17", "-Wall", "-Werror", *HTTPLIB, "client.cpp", "-o", "client", "-lcpp-httplib", "-pthread"],
        programs=["g++"],
        files=[INCLUDE / "httplib.h", INCLUDE / "nlohmann" / "json.hpp"],
    ),
    Language(
        "Java",
        "Client.java",
        ["java", "-cp", CLASS_PATH, "Client"],
        ["javac", "-encoding", "UTF-8", "-cp", CLASS_PATH, "Client.java"],
        programs=["javac", "java"],
        files=JARS,
    ),
    Language(
        "Go",
        "client.go",
        ["./client"],
        ["go", "build", "-o", "client", "client.go"],
        programs=["go"],
        variables={"GO111MODULE": "off", "GOFLAGS": "-p=1", "GOTELEMETRY": "off"},
    ),
    Language(
        "C#",
        "Client.cs",
        ["mono", "Client.exe"],
        ["mcs", "-warnaserror", "-r:System.Net.Http", f"-r:{NEWTONSOFT}", "-out:Client.exe", "Client.cs"],
        programs=["mcs", "mono"],
        files=[NEWTONSOFT, Path("/usr/lib/mono/4.5/System.Net.Http.dll")],
    ),
    Language(
        "Node.js",
        "client.js",
        ["node", "client.js"],
        programs=["node"],
        files=[NODE_MODULES / "axios"],
        variables={"NODE_PATH": str(NODE_MODULES)},
    ),
    Language(
        "PHP",
        "client.php",
        ["php", "client.php"],
        programs=["php"],
        check=["php", "-r", "exit(function_exists('curl_init') ? 0 : 1);"],
    ),
)
