/* Any bytes as an answer of S3. */
#include <stdlib.h>
#include <string.h>

#include "store/s3/xml.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES(
        "<?xml version=\"1.0\"?><ListBucketResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<IsTruncated>true</IsTruncated><Contents><Key>a%20b%2Bc</Key><Size>12</Size></Contents>"
        "<Contents><Key>x</Key><Size>-1</Size></Contents><CommonPrefixes><Prefix>dir/</Prefix>"
        "</CommonPrefixes><NextContinuationToken>t%</NextContinuationToken></ListBucketResult>"),
    FUZZ_BYTES(
        "<Error><Code>SlowDown</Code><Message>wait &lt; a bit</Message><Region>eu-west-1</Region>"
        "</Error>"),
    FUZZ_BYTES("<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></"
               "InitiateMultipartUploadResult>"),
    FUZZ_BYTES("<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c "
               "\"&b;&b;&b;\">]><Error><Code>&c;</Code></Error>"),
    FUZZ_BYTES("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_s3_xml xml;
    const int rc = pulse_s3_xml_read((const char *)data, (int64_t)size, "fuzz", &xml, &err);
    for (int64_t i = 0; rc == 0 && i < xml.n_keys; i++)
        if (xml.keys[i].key == NULL)
            abort(); /* promised */
    pulse_s3_xml_clear(&xml);
    return 0;
}
