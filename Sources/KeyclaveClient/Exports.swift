// What requests and answers are made of: so that who uses this library imports nothing else.
@_exported import enum HTTP.JSONValue
@_exported import enum HTTP.Method
@_exported import struct HTTP.Response
