# Prints each secret value in the ways of Perl programs. Reads a JSON list of values, writes a JSON object of lists.
use strict;
use warnings;
use Data::Dumper;
use Encode qw(encode_utf8);
use JSON::PP;
use MIME::Base64;
use MIME::QuotedPrint;

$Data::Dumper::Indent = 1;
my $values = decode_json(do { local $/; <STDIN> });
my %printings = (
  'Data::Dumper' => sub { Dumper({ value => $_[0] }) },
  'Data::Dumper with Useqq' => sub { local $Data::Dumper::Useqq = 1; Dumper(encode_utf8($_[0])) },
  'quotemeta' => sub { quotemeta($_[0]) },
  'MIME::QuotedPrint' => sub { encode_qp(encode_utf8($_[0]), "\r\n") },
  'MIME::Base64' => sub { encode_base64(encode_utf8($_[0]), "\r\n") },
  'sprintf %vd' => sub { sprintf('%vd', encode_utf8($_[0])) },
  'octal escapes' => sub { join('', map { sprintf('\\%03o', ord) } split(//, encode_utf8($_[0]))) },
  'hex escapes' => sub { join('', map { sprintf('\\x%02x', ord) } split(//, encode_utf8($_[0]))) },
  'hex entities' => sub { join('', map { sprintf('&#x%X;', ord) } split(//, $_[0])) },
  'decimal entities' => sub { join('', map { sprintf('&#%d;', ord) } split(//, $_[0])) },
  'unicode escapes' => sub { join('', map { sprintf('\\u%04x', ord) } split(//, $_[0])) },
  'percent of each byte' => sub { join('', map { sprintf('%%%02x', ord) } split(//, encode_utf8($_[0]))) },
  'pack u' => sub { pack('u', encode_utf8($_[0])) },
  'JSON::PP ascii in JSON::PP' => sub { my $json = JSON::PP->new->ascii->allow_nonref; $json->encode($json->encode($_[0])) },
);
my %printed = map { my $name = $_; ($name => [map { $printings{$name}->($_) } @$values]) } keys %printings;
print JSON::PP->new->ascii->encode(\%printed);
