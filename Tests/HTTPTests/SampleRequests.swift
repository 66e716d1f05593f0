/// Requests of every kind that is accepted.
let sampleRequests = [
    "GET /v1/auth?api=rest HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer kc_rest_abc\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\nhost:localhost:7101\r\n\r\n",
    "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{\"key\":1}",
    "POST /v1/charges HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Check: 1\r\n\r\n",
    "GET /livez HTTP/1.0\r\n\r\n",
    "HEAD /v1/auth/a/b%20c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
    "GET http://k:1/v1/credits?x HTTP/1.1\r\nHost: k:1\r\napi-key:\t kc_x \t\r\n\r\n",
    "DELETE /v1/tokens/tok_1 HTTP/1.1\r\nHost: a\r\nX-API-Key: q\r\nIdempotency-Key: 7\r\n"
        + "Cookie: caf\u{E9}=1; b=\"2\"\r\nContent-Length: 0\r\n\r\n",
    "PATCH /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        + "Content-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\n",
]
