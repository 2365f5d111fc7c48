"""What nginx is told, with gaps for what differs from release to release: see ``server_config``."""

from __future__ import annotations

NGINX = """\
# Made by ocrzoo: a whole configuration, for: nginx -c THIS_FILE -p A_FOLDER_TO_WRITE_TO (as any user).
# To serve beside other sites, include {site} in your own instead; for a port, a name or TLS of your choice
# {tables} inside http, and {answers} inside a server of your own.
# A new release is served after: nginx -s reload (name these files by the mirror's link "current").
worker_processes auto;
pid nginx.pid;
error_log stderr;
events {{
    worker_connections 1024;
}}
http {{
    access_log off;
    client_body_temp_path nginx-client-body;
    proxy_temp_path nginx-proxy;
    fastcgi_temp_path nginx-fastcgi;
    uwsgi_temp_path nginx-uwsgi;
    scgi_temp_path nginx-scgi;
    sendfile on;
    tcp_nopush on;
    include "{site}";
}}
"""

SITE = """\
# Made by ocrzoo: goes inside http.
include "{tables}";
server {{
    listen {listen};
    include "{answers}";
}}
"""

TABLES = """\
# Made by ocrzoo: goes inside http.
map_hash_bucket_size {bucket};
map_hash_max_size {entries};

# From what was asked to a commit, to a digest, to the headers.
map "$ocrzoo_hub/$ocrzoo_repository" $ocrzoo_known {{
    default "";
    include "{maps}/repositories.map";
}}
map "$ocrzoo_hub/$ocrzoo_repository/$ocrzoo_revision" $ocrzoo_commit {{
    default -;
    include "{maps}/commits.map";
}}
map "$ocrzoo_hub/$ocrzoo_repository/$ocrzoo_commit/$ocrzoo_path" $ocrzoo_file {{
    default -;
    include "{maps}/files.map";
}}
map $ocrzoo_own $ocrzoo_document {{
    default -;
    include "{maps}/documents.map";
}}
map $ocrzoo_hub $ocrzoo_sha256 {{
    default "";
    blobs $ocrzoo_own;
    documents $ocrzoo_document;
    huggingface $ocrzoo_file;
    modelscope $ocrzoo_file;
    aistudio $ocrzoo_file;
}}
map $ocrzoo_sha256 $ocrzoo_size {{
    default "";
    include "{maps}/sizes.map";
}}
map $ocrzoo_size $ocrzoo_etag {{
    default '"$ocrzoo_sha256"';
    "" "";
}}
map "$http_if_none_match $ocrzoo_etag" $ocrzoo_unchanged {{
    default "";
    "~(\\"[0-9a-f]+\\").* \\1$" 1;
}}
map "$ocrzoo_hub $ocrzoo_commit" $ocrzoo_repo_commit {{
    default "";
    "~^huggingface (?<ocrzoo_of_hub>[0-9a-f]+)$" $ocrzoo_of_hub;
}}
map "$status $ocrzoo_hub $ocrzoo_known $ocrzoo_commit" $ocrzoo_error {{
    default "";
    "~^404 huggingface  " RepoNotFound;
    "~^404 huggingface 1 -$" RevisionNotFound;
    "~^404 huggingface 1 [0-9a-f]+$" EntryNotFound;
}}
"""

ANSWERS = """\
# Made by ocrzoo: goes inside a server.
root "{root}";
server_tokens off;
gzip off;
etag off;
if_modified_since off;
types {{ }}
default_type application/octet-stream;
keepalive_timeout 30s;

add_header ETag $ocrzoo_etag;
add_header Last-Modified "";
add_header X-Linked-Etag $ocrzoo_etag;
add_header X-Linked-Size $ocrzoo_size;
add_header X-Repo-Commit $ocrzoo_repo_commit;
add_header X-Error-Code $ocrzoo_error always;

set $ocrzoo_hub "";
set $ocrzoo_repository "";
set $ocrzoo_revision "";
set $ocrzoo_path "";
set $ocrzoo_own "";

location = / {{
    default_type text/plain;
    return 200 "A mirror of models, made by ocrzoo; /index.json says what is in it.\\n";
}}
location ~ /\\. {{
    return 404;
}}

# The mirror's own layout, and the archives of the object store.
location ~ "^/blobs/(?<ocrzoo_own>[0-9a-f]{{64}})$" {{
    set $ocrzoo_hub blobs;
    if ($ocrzoo_unchanged) {{ return 304; }}
    try_files $uri =404;
}}
location ~ ^/index\\.json\\.[a-z0-9.]+$ {{
    try_files $uri =404;
}}

# HuggingFace
location ~ ^/(?<ocrzoo_repository>[^/]+/[^/]+)/resolve/(?<ocrzoo_revision>[^/]+)/(?<ocrzoo_path>.+)$ {{
    set $ocrzoo_hub huggingface;
    if ($ocrzoo_unchanged) {{ return 304; }}
    try_files /blobs/$ocrzoo_file =404;
}}
location ~ ^/api/models/(?<ocrzoo_repository>[^/]+/[^/]+)/(revision|tree)/(?<ocrzoo_revision>[^/]+)$ {{
    set $ocrzoo_hub huggingface;
    default_type application/json;
    try_files $uri =404;
}}
location ~ ^/api/models/(?<ocrzoo_repository>[^/]+/[^/]+)$ {{
    set $ocrzoo_hub huggingface;
    set $ocrzoo_revision main;
    default_type application/json;
    try_files $uri/revision/main =404;
}}

# ModelScope
location ~ ^/api/v1/models/(?<ocrzoo_repository>[^/]+/[^/]+)/repo$ {{
    set $ocrzoo_hub modelscope;
    set $ocrzoo_revision $arg_Revision;
    set $ocrzoo_path $arg_FilePath;
    if ($ocrzoo_unchanged) {{ return 304; }}
    try_files /blobs/$ocrzoo_file =404;
}}
location ~ ^/api/v1/models/(?<ocrzoo_repository>[^/]+/[^/]+)/repo/files$ {{
    set $ocrzoo_hub modelscope;
    set $ocrzoo_revision $arg_Revision;
    default_type application/json;
    if ($ocrzoo_commit = -) {{ return 404; }}
    try_files $uri =404;
}}
location ~ ^/api/v1/models/[^/]+/[^/]+/revisions$ {{
    default_type application/json;
    try_files $uri =404;
}}
location ~ ^/(api|openapi)/v1/models/(?<ocrzoo_own>[^/]+/[^/]+)$ {{
    default_type application/json;
    try_files /api/v1/models/$ocrzoo_own/about =404;
}}

# AI Studio
location ~ ^/api/v1/repos/(?<ocrzoo_repository>[^/]+/[^/]+)/media/(?<ocrzoo_path>.+)$ {{
    set $ocrzoo_hub aistudio;
    set $ocrzoo_revision $arg_ref;
    if ($ocrzoo_unchanged) {{ return 304; }}
    try_files /blobs/$ocrzoo_file =404;
}}
location ~ ^/api/v1/repos/(?<ocrzoo_repository>[^/]+/[^/]+)/contents/.+$ {{
    set $ocrzoo_hub aistudio;
    set $ocrzoo_revision $arg_ref;
    default_type application/json;
    if ($ocrzoo_commit = -) {{ return 404; }}
    try_files $uri =404;
}}
location ~ ^/api/v1/repos/[^/]+/[^/]+/git/trees/[^/]+$ {{
    default_type application/json;
    try_files $uri =404;
}}

location ~ ^/(?<ocrzoo_own>index\\.json|archives\\.json|.+\\.tar)$ {{
    set $ocrzoo_hub documents;
    if ($ocrzoo_document = -) {{ return 404; }}
    if ($ocrzoo_unchanged) {{ return 304; }}
    try_files $uri =404;
}}
location / {{
    return 404;
}}
"""
