/* Any bytes as an answer of S3. */
#include <stdlib.h>
#include <string.h>

#include "store/s3_xml.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

static const char *const corpus[] = {
    "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    "<IsTruncated>true</IsTruncated><Contents><Key>a%20b%2Bc</Key><Size>12</Size></Contents>"
    "<Contents><Key>x</Key><Size>-1</Size></Contents><CommonPrefixes><Prefix>dir/</Prefix>"
    "</CommonPrefixes><NextContinuationToken>t%</NextContinuationToken></ListBucketResult>",
    "<Error><Code>SlowDown</Code><Message>wait &lt; a bit</Message><Region>eu-west-1</Region>"
    "</Error>",
    "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>",
    "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c "
    "\"&b;&b;&b;\">]><Error><Code>&c;</Code></Error>",
    "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
    ""};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    if (i >= sizeof corpus / sizeof *corpus)
        return NULL;
    *size = strlen(corpus[i]);
    return (const uint8_t *)corpus[i];
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
