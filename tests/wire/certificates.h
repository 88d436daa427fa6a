// Makes certificates with the openssl command line, in a folder of its own that is removed again.
#pragma once

#include <string>

namespace chimera::testing {

/// PEM files.
struct Certificate {
  std::string file;
  std::string key;
};

struct CertificateRequest {
  std::string common_name = "db.test";
  std::string names = "DNS:localhost,DNS:db.test,IP:127.0.0.1";  ///< subjectAltName, as OpenSSL writes it
  std::string begin = "20200101000000Z";
  std::string end = "20490101000000Z";
};

/// An authority and what it signed. Throws when openssl fails.
class Authority {
 public:
  explicit Authority(const std::string& name = "Test Authority");
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  const std::string& Folder() const { return folder_; }
  std::string File() const { return folder_ + "/ca.pem"; }
  Certificate Sign(const CertificateRequest& request = {});

 private:
  std::string folder_;
  int made_ = 0;
};

/// Runs a command of the shell; throws with its output when it fails.
void Shell(const std::string& command);
void WriteFile(const std::string& path, const std::string& text);
std::string MakeTemporaryFolder();

}  // namespace chimera::testing
