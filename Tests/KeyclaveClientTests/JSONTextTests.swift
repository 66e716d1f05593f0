import HTTP
import KeyclaveClient
import Testing

@Suite struct JSONTextTests {
    @Test func `a value is written with one member a line, in the order it came`() throws {
        let value = try JSONValue(
            Array(#"{"b":[1,{"c":null}],"a":"x\"\n€","e":{},"f":[],"g":true}"#.utf8))
        #expect(
            value.prettyText == """
                {
                  "b": [
                    1,
                    {
                      "c": null
                    }
                  ],
                  "a": "x\\"\\n€",
                  "e": {},
                  "f": [],
                  "g": true
                }
                """)
        #expect(try JSONValue(Array(value.prettyText.utf8)) == value)
        #expect(
            value.compactText == #"{"b":[1,{"c":null}],"a":"x\"\n€","e":{},"f":[],"g":true}"#)
    }
}
