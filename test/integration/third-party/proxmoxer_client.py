"""Reads a cluster and moves a guest with proxmoxer, by password and by token; prints what it saw as JSON."""

import json
import os
import time
from urllib.parse import urlsplit

from proxmoxer import ProxmoxAPI, ResourceException

url = urlsplit(os.environ["PVE_URL"])
common = {"port": url.port, "verify_ssl": os.environ["PVE_CA"]}

by_password = ProxmoxAPI(url.hostname, user="admin@pve", password="sesame", **common)
by_token = ProxmoxAPI(
    url.hostname,
    user="balancer@pve",
    token_name="operator",
    token_value=os.environ["PVE_TOKEN"],
    **common,
)

seen = {}
for name, pve in (("password", by_password), ("token", by_token)):
    seen[name] = {
        "guests": sorted(each["id"] for each in pve.cluster.resources.get(type="vm")),
        "nodes": sorted(each["node"] for each in pve.nodes.get() if each["status"] == "online"),
        "cores": pve.nodes("pve2").status.get()["cpuinfo"]["cores"],
    }

try:
    by_token.nodes("pve1").qemu(100).migrate.post(target="pve9", online=1)
except ResourceException as error:
    seen["refused"] = [error.status_code, error.content]

upid = by_password.nodes("pve1").qemu(100).migrate.post(target="pve2", online=1)
while True:
    status = by_password.nodes("pve1").tasks(upid).status.get()
    if status["status"] == "stopped":
        break
    time.sleep(0.1)
seen["exitstatus"] = status["exitstatus"]
seen["log"] = by_password.nodes("pve1").tasks(upid).log.get()[-1]["t"]
seen["node"] = [each["node"] for each in by_token.cluster.resources.get(type="vm") if each["vmid"] == 100]
print(json.dumps(seen))
