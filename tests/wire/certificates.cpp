#include "wire/certificates.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace chimera::testing {
namespace {

const std::string kNewKey = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

void Shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no shell");
  std::string output;
  char piece[4096];
  while (size_t count = fread(piece, 1, sizeof(piece), pipe)) output.append(piece, count);
  if (pclose(pipe) != 0) throw std::runtime_error(command + ": " + output);
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string MakeTemporaryFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "chimera-wire-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

Authority::Authority(const std::string& name) : folder_(MakeTemporaryFolder()) {
  WriteFile(folder_ + "/index.txt", "");
  WriteFile(folder_ + "/ca.cnf",
            "[ca]\ndefault_ca = d\n[d]\ndatabase = " + folder_ + "/index.txt\nnew_certs_dir = " + folder_ +
                "\nrand_serial = yes\ndefault_md = sha256\npolicy = p\ncopy_extensions = copy\nunique_subject = no\n"
                "[p]\ncommonName = supplied\n");
  Shell("openssl req -x509" + kNewKey + " -days 3650 -subj '/CN=" + name + "' -keyout " + folder_ + "/ca.key -out " +
        File());
}

Authority::~Authority() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Certificate Authority::Sign(const CertificateRequest& request) {
  const std::string base = folder_ + "/" + std::to_string(++made_);
  const std::string names = request.names.empty() ? "" : " -addext 'subjectAltName=" + request.names + "'";
  Shell("openssl req -new" + kNewKey + " -subj '/CN=" + request.common_name + "'" + names + " -keyout " + base +
        ".key -out " + base + ".csr");
  Shell("openssl ca -batch -notext -config " + folder_ + "/ca.cnf -cert " + File() + " -keyfile " + folder_ +
        "/ca.key -in " + base + ".csr -out " + base + ".pem -startdate " + request.begin + " -enddate " + request.end);
  return {base + ".pem", base + ".key"};
}

}  // namespace chimera::testing
