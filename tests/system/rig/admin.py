"""What a worker tells those who watch over it, read by an independent HTTP client and Prometheus' own parser."""

import http.client

from prometheus_client.parser import text_string_to_metric_families

from rig.processes import wait_for


class Admin:
    def __init__(self, worker):
        self.address = worker.wait_event("admin")[0]["address"]

    def ask(self, path, method="GET", body=None):
        """Status, headers, text."""
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def status(self, path):
        return self.ask(path)[0]

    def families(self):
        """Name -> metric family."""
        status, headers, text = self.ask("/metrics")
        assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        families = list(text_string_to_metric_families(text))
        assert len({family.name for family in families}) == len(families)
        return {family.name: family for family in families}

    def samples(self):
        """(name, labels but for the shard's, sorted) -> value, added up over shards."""
        values = {}
        for family in self.families().values():
            for sample in family.samples:
                labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "shard"))
                values[sample.name, labels] = values.get((sample.name, labels), 0) + sample.value
        return values

    def value(self, name, **labels):
        """0 where nothing has these labels."""
        return self.samples().get((name, tuple(sorted(labels.items()))), 0)

    def wait_value(self, wanted, name, budget_seconds=15, **labels):
        wait_for(lambda: self.value(name, **labels) == wanted, budget_seconds,
                 f"{name} {labels} {wanted}, not {self.value(name, **labels)}")

    def wait_status(self, status, path, budget_seconds=15):
        """The text that comes with it."""
        wait_for(lambda: self.status(path) == status, budget_seconds, f"{path} {status}")
        return self.ask(path)[2]
