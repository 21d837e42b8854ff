"""An S3 endpoint of the tests' own: right answers from memory, and lies as asked for.

Endpoint is a fault_proxy.Proxy behind which there is no server, but a dictionary of objects. It
checks no signatures, and knows what our programs send and no more."""
import email.utils
import hashlib
import re
import time
import urllib.parse
import xml.sax.saxutils

import fault_proxy as fp


def quoted(text):
    return urllib.parse.quote(text, safe="/-_.~")


def document(root, *children):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{"".join(children)}</{root}>'.encode()


def element(name, text):
    return f"<{name}>{xml.sax.saxutils.escape(str(text))}</{name}>"


def listed(name, size=None):
    """What stands for a key in a listing; without a size, for a prefix."""
    return f"<CommonPrefixes>{element('Prefix', name)}</CommonPrefixes>" if size is None else \
        f"<Contents>{element('Key', name)}{element('Size', size)}</Contents>"


class Endpoint(fp.Proxy):
    """objects: (bucket, key) → bytes; uploads: id → [(bucket, key), {number: bytes}]."""

    def __init__(self):
        super().__init__(0)
        self.objects, self.uploads, self.times, self.tags = {}, {}, {}, {}

    def put(self, bucket, key, body, tag=None):
        self.objects[bucket, key] = body
        self.times[bucket, key] = time.time()
        self.tags[bucket, key] = f'"{tag or hashlib.md5(body).hexdigest()}"'

    def keys(self, bucket, prefix=""):
        return sorted(key for b, key in self.objects if b == bucket and key.startswith(prefix))

    def etag(self, bucket, key):
        return self.tags[bucket, key]

    async def ask(self, exchange):
        request = exchange.request
        _, bucket, *rest = request.path.split("/", 2)
        asked = dict(urllib.parse.parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        answer = getattr(self, f"answer_{request.kind}", None)
        reply = answer(request, bucket, rest[0] if rest else "", asked) if answer else \
            fp.error_reply(501, "NotImplemented")
        reply.headers.append(("Date", email.utils.formatdate(usegmt=True)))
        exchange.reply = reply
        return reply

    # -- by kind of request

    def answer_list(self, request, bucket, _, asked):
        prefix, most = asked.get("prefix", ""), int(asked.get("max-keys", 1000))
        after, seen, entries = asked.get("continuation-token", ""), set(), []
        for key in self.keys(bucket, prefix):
            cut = key.find("/", len(prefix)) if asked.get("delimiter") else -1
            name = key[:cut + 1] if cut >= 0 else key
            if name in seen or name <= after:
                continue
            seen.add(name)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.times[bucket, key]))
            entries.append((name, element("CommonPrefixes", "") if cut >= 0 else "", len(self.objects[bucket, key]), stamp))
        page = entries[:most]
        texts = [f"<CommonPrefixes>{element('Prefix', quoted(name))}</CommonPrefixes>" if folder else
                 f"<Contents>{element('Key', quoted(name))}{element('LastModified', stamp)}"
                 f"{element('ETag', self.etag(bucket, name))}{element('Size', size)}</Contents>"
                 for name, folder, size, stamp in page]
        more = len(entries) > most
        if more:
            texts.append(element("NextContinuationToken", page[-1][0]))
        body = document("ListBucketResult", element("Name", bucket), element("Prefix", quoted(prefix)),
                        element("EncodingType", asked.get("encoding-type", "")), element("IsTruncated", str(more).lower()), *texts)
        return fp.Reply(200, "OK", [("Content-Type", "application/xml")], body)

    def answer_uploads(self, request, bucket, _, asked):
        return fp.Reply(200, "OK", [], document("ListMultipartUploadsResult", element("IsTruncated", "false")))

    def absent(self, bucket, key):
        return None if (bucket, key) in self.objects else fp.error_reply(404, "NoSuchKey")

    def facts(self, bucket, key):
        return [("ETag", self.etag(bucket, key)), ("Accept-Ranges", "bytes"),
                ("Last-Modified", email.utils.formatdate(self.times[bucket, key], usegmt=True))]

    def answer_head(self, request, bucket, key, asked):
        missing = self.absent(bucket, key)
        if missing:
            missing.headers.append(("Content-Length", str(len(missing.body))))
            return missing
        size = len(self.objects[bucket, key])
        return fp.Reply(200, "OK", [*self.facts(bucket, key), ("Content-Length", str(size))], b"")

    def answer_get(self, request, bucket, key, asked):
        missing = self.absent(bucket, key)
        if missing:
            return missing
        if request.headers.get("if-match", self.etag(bucket, key)) != self.etag(bucket, key):
            return fp.error_reply(412, "PreconditionFailed")
        body = self.objects[bucket, key]
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.range)
        if not match:
            return fp.Reply(200, "OK", self.facts(bucket, key), body)
        first, last = int(match[1]), min(int(match[2]), len(body) - 1)
        return fp.Reply(206, "Partial Content", [*self.facts(bucket, key),
                                                 ("Content-Range", f"bytes {first}-{last}/{len(body)}")], body[first:last + 1])

    def answer_put(self, request, bucket, key, asked):
        source = request.headers.get("x-amz-copy-source")
        if source is None:
            self.put(bucket, key, request.body)
            return fp.Reply(200, "OK", [("ETag", self.etag(bucket, key))])
        self.put(bucket, key, self.objects[tuple(urllib.parse.unquote(source).lstrip("/").split("/", 1))])
        return fp.Reply(200, "OK", [], document("CopyObjectResult", element("ETag", self.etag(bucket, key))))

    def answer_delete(self, request, bucket, key, asked):
        self.objects.pop((bucket, key), None)
        return fp.Reply(204, "No Content", [])

    def answer_initiate(self, request, bucket, key, asked):
        name = f"upload-{len(self.uploads)}"
        self.uploads[name] = [(bucket, key), {}]
        return fp.Reply(200, "OK", [], document("InitiateMultipartUploadResult", element("UploadId", name)))

    def answer_part(self, request, bucket, key, asked):
        if asked["uploadId"] not in self.uploads:
            return fp.error_reply(404, "NoSuchUpload")
        self.uploads[asked["uploadId"]][1][int(asked["partNumber"])] = request.body
        return fp.Reply(200, "OK", [("ETag", f'"{hashlib.md5(request.body).hexdigest()}"')])

    def answer_complete(self, request, bucket, key, asked):
        if asked["uploadId"] not in self.uploads:
            return fp.error_reply(404, "NoSuchUpload")
        (bucket, key), parts = self.uploads.pop(asked["uploadId"])
        sums = b"".join(hashlib.md5(parts[number]).digest() for number in sorted(parts))
        self.put(bucket, key, b"".join(parts[number] for number in sorted(parts)),
                 f"{hashlib.md5(sums).hexdigest()}-{len(parts)}")
        return fp.Reply(200, "OK", [], document("CompleteMultipartUploadResult", element("ETag", self.etag(bucket, key))))

    def answer_abort(self, request, bucket, key, asked):
        self.uploads.pop(asked["uploadId"], None)
        return fp.Reply(204, "No Content", [])
